/*
 * netprobe: the two ends of each side-by-side measurement. One mode a run, one line of numbers as its result.
 *
 *   netprobe udp-sink PORT SECONDS             prints datagrams received
 *   netprobe udp-flood ADDR PORT SECONDS BYTES [RATE]  prints datagrams sent; sendmmsg in bursts; RATE a second
 *   netprobe udp-flows ADDR PORT COUNT         a datagram there and back by each of so many flows, to PORT and PORT + 1, twice: prints
 *                                              how many were answered the first and the second time, and how many a second
 *   netprobe tcp-sink PORT                     reads until killed, any number of connections
 *   netprobe tcp-source PORT SECONDS           sends to whoever connects
 *   netprobe tcp-send ADDR PORT SECONDS N      N streams to a sink; prints bytes acknowledged
 *   netprobe tcp-receive ADDR PORT SECONDS N   N streams from a source; prints bytes
 *   netprobe echo PORT                         TCP and UDP echo until killed
 *   netprobe tcp-rr | udp-rr ADDR PORT SECONDS prints p50 p99 p99.9 of a one-byte round trip, in nanoseconds
 *   netprobe udp-first ADDR PORT SECONDS       the same of the first datagram of a socket, each time of a new one, as a resolver's
 *   netprobe connect ADDR PORT SECONDS         connections a second: connect, one byte there and back, reset
 *   netprobe frames PORTS STATIONS SECONDS     frames of 60 bytes by devices h0, h1 ..., over which the stations are spread: a burst
 *                                              by each in turn, to stations behind the others. SECONDS 0: one frame from each station, so
 *                                              that a bridge learns it. Prints frames sent
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BURST 64
#define SAMPLES (1 << 22)
#define PART 10000

static char buffer[1 << 18];

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* IPv6 where the host has a colon; without a host both families. */
static struct sockaddr_storage address(const char *host, const char *port) {
    struct sockaddr_storage any = {0};
    if (host && !strchr(host, ':')) {
        struct sockaddr_in *a = (struct sockaddr_in *)&any;
        a->sin_family = AF_INET;
        a->sin_port = htons(atoi(port));
        a->sin_addr.s_addr = inet_addr(host);
    } else {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)&any;
        a->sin6_family = AF_INET6;
        a->sin6_port = htons(atoi(port));
        if (host) inet_pton(AF_INET6, host, &a->sin6_addr);
    }
    return any;
}

static int listening(int type, const char *port) {
    int one = 1, none = 0, big = 8 << 20, s = socket(AF_INET6, type, 0);
    struct sockaddr_storage a = address(NULL, port);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &none, sizeof none);
    if (type == SOCK_DGRAM) setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || (type == SOCK_STREAM && listen(s, 4096))) die("listen");
    return s;
}

static int connected(int type, const char *host, const char *port) {
    struct sockaddr_storage a = address(host, port);
    int one = 1, s = socket(a.ss_family, type, 0);
    struct timeval limit = {.tv_sec = 2};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(s, (struct sockaddr *)&a, sizeof a)) die("connect");
    if (type == SOCK_STREAM) setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return s;
}

static void udp_sink(const char *port, int seconds) {
    int s = listening(SOCK_DGRAM, port);
    struct mmsghdr m[BURST] = {0};
    struct iovec v[BURST];
    static char room[BURST][2048];
    for (int i = 0; i < BURST; i++) {
        v[i] = (struct iovec){room[i], sizeof room[i]};
        m[i].msg_hdr = (struct msghdr){.msg_iov = &v[i], .msg_iovlen = 1};
    }
    int64_t count = 0, end = now_ns() + seconds * 1000000000LL;
    struct pollfd p = {s, POLLIN, 0};
    while (now_ns() < end) {
        int n = recvmmsg(s, m, BURST, MSG_DONTWAIT, NULL);
        if (n > 0) count += n;
        else poll(&p, 1, 20);
    }
    printf("%ld\n", count);
}

static void udp_flood(const char *host, const char *port, int seconds, int bytes, int64_t rate) {
    int s = connected(SOCK_DGRAM, host, port);
    struct mmsghdr m[BURST] = {0};
    struct iovec v = {buffer, bytes};
    for (int i = 0; i < BURST; i++) m[i].msg_hdr = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1};
    int64_t count = 0, start = now_ns(), end = start + seconds * 1000000000LL, now;
    while ((now = now_ns()) < end) {
        int64_t due = rate ? rate * (now - start) / 1000000000LL - count : BURST;
        if (due <= 0) continue;
        int n = sendmmsg(s, m, due < BURST ? due : BURST, 0);
        if (n > 0) count += n;
    }
    printf("%ld\n", count);
}

static void tcp_serve(const char *port, int send_seconds) {
    int l = listening(SOCK_STREAM, port);
    for (;;) {
        int s = accept(l, NULL, NULL);
        if (s < 0 || fork()) {
            close(s);
            continue;
        }
        int64_t end = now_ns() + send_seconds * 1000000000LL;
        if (send_seconds) while (now_ns() < end && send(s, buffer, sizeof buffer, MSG_NOSIGNAL) > 0);
        else while (read(s, buffer, sizeof buffer) > 0);
        _exit(0);
    }
}

static void tcp_bulk(const char *host, const char *port, int seconds, int streams, int sending) {
    int s[16];
    int64_t total = 0;
    for (int i = 0; i < streams; i++) s[i] = connected(SOCK_STREAM, host, port);
    struct pollfd p[16];
    for (int i = 0; i < streams; i++) p[i] = (struct pollfd){s[i], sending ? POLLOUT : POLLIN, 0};
    int64_t end = now_ns() + seconds * 1000000000LL;
    while (now_ns() < end) {
        poll(p, streams, 50);
        for (int i = 0; i < streams; i++) {
            if (!p[i].revents) continue;
            ssize_t n = sending ? send(s[i], buffer, sizeof buffer, MSG_DONTWAIT | MSG_NOSIGNAL) : recv(s[i], buffer, sizeof buffer, MSG_DONTWAIT);
            if (n > 0) total += n;
        }
    }
    if (sending) { /* what still waits in the socket did not arrive */
        total = 0;
        for (int i = 0; i < streams; i++) {
            struct tcp_info t = {0};
            socklen_t n = sizeof t;
            getsockopt(s[i], IPPROTO_TCP, TCP_INFO, &t, &n);
            total += t.tcpi_bytes_acked;
        }
    }
    printf("%ld\n", total);
}

static void echo(const char *port) {
    int l = listening(SOCK_STREAM, port), u = listening(SOCK_DGRAM, port), one = 1;
    static struct pollfd p[4096];
    int count = 2;
    p[0] = (struct pollfd){l, POLLIN, 0};
    p[1] = (struct pollfd){u, POLLIN, 0};
    for (;;) {
        poll(p, count, -1);
        for (int i = count - 1; i >= 2; i--) {
            if (!p[i].revents) continue;
            ssize_t n = recv(p[i].fd, buffer, sizeof buffer, MSG_DONTWAIT);
            if (n > 0) send(p[i].fd, buffer, n, MSG_NOSIGNAL);
            else if (n == 0 || errno != EAGAIN) {
                close(p[i].fd);
                p[i] = p[--count];
            }
        }
        if (p[1].revents) {
            struct sockaddr_storage from;
            socklen_t k = sizeof from;
            ssize_t n;
            while ((n = recvfrom(u, buffer, sizeof buffer, MSG_DONTWAIT, (struct sockaddr *)&from, &k)) >= 0) sendto(u, buffer, n, 0, (struct sockaddr *)&from, k);
        }
        if (p[0].revents && count < 4096) {
            int s = accept(l, NULL, NULL);
            setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            p[count++] = (struct pollfd){s, POLLIN, 0};
        }
    }
}

static int by_value(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* is_first: each time by a new socket. */
static void round_trip(int type, int is_first, const char *host, const char *port, int seconds) {
    int s = connected(type, host, port), count = 0;
    int32_t *took = malloc(SAMPLES * sizeof *took);
    int64_t end = now_ns() + seconds * 1000000000LL, from;
    while ((from = now_ns()) < end && count < SAMPLES) {
        if (send(s, "x", 1, 0) != 1 || recv(s, buffer, 1, 0) != 1) {
            if (type == SOCK_DGRAM) continue;
            die("round trip");
        }
        took[count++] = now_ns() - from;
        if (is_first) {
            close(s);
            s = connected(type, host, port);
        }
    }
    qsort(took, count, sizeof *took, by_value);
    printf("%d %d %d\n", took[count / 2], took[(int)(count * 0.99)], took[(int)(count * 0.999)]);
}

static void connections(const char *host, const char *port, int seconds) {
    struct linger reset = {1, 0};
    int64_t count = 0, end = now_ns() + seconds * 1000000000LL;
    while (now_ns() < end) {
        int s = connected(SOCK_STREAM, host, port);
        setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        if (send(s, "x", 1, 0) == 1 && recv(s, buffer, 1, 0) == 1) count++;
        close(s);
    }
    printf("%.0f\n", (double)count / seconds);
}

/* One datagram there and back by each of COUNT flows; how many were answered, and in how many nanoseconds. */
static int64_t ask_all(const int *s, int count, int *answered) {
    int64_t from = now_ns();
    *answered = 0;
    for (int first = 0; first < count; first += BURST) {
        int last = first + BURST < count ? first + BURST : count;
        for (int i = first; i < last; i++) send(s[i], "x", 1, 0);
        for (int i = first; i < last; i++) {
            struct pollfd p = {s[i], POLLIN, 0};
            if (poll(&p, 1, 200) == 1 && recv(s[i], buffer, 1, 0) == 1) ++*answered;
        }
    }
    return now_ns() - from;
}

/* Two ports of the peer's, since one has fewer than 65,536 ports to itself. The sockets are there in parts: a process may have so many. */
static void udp_flows(const char *host, const char *port, int count) {
    static int s[PART];
    int64_t took[2] = {0};
    int answered[2] = {0}, one = 1;
    for (int time = 0; time < 2; time++) {
        for (int first = 0; first < count; first += PART) {
            int part = first + PART < count ? PART : count - first, now;
            for (int i = 0; i < part; i++) {
                char number[8];
                snprintf(number, sizeof number, "%d", atoi(port) + i % 2);
                struct sockaddr_storage to = address(host, number), own = {.ss_family = to.ss_family};
                ((struct sockaddr_in *)&own)->sin_port = htons(10000 + (first + i) / 2); /* at the same place in both families */
                s[i] = socket(to.ss_family, SOCK_DGRAM, 0);
                setsockopt(s[i], SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
                if (bind(s[i], (struct sockaddr *)&own, sizeof own) || connect(s[i], (struct sockaddr *)&to, sizeof to)) die("flow");
            }
            took[time] += ask_all(s, part, &now);
            answered[time] += now;
            for (int i = 0; i < part; i++) close(s[i]);
        }
    }
    printf("%d %d %.0f %.0f\n", answered[0], answered[1], answered[0] * 1e9 / took[0], answered[1] * 1e9 / took[1]);
}

static void station(unsigned char *mac, int number) {
    unsigned char bytes[] = {2, 0, 0, 0, number >> 8, number & 0xff};
    memcpy(mac, bytes, sizeof bytes);
}

static void frames(int ports, int stations, int seconds) {
    int *s = malloc(ports * sizeof *s), one = 1;
    for (int i = 0; i < ports; i++) {
        char name[IFNAMSIZ];
        snprintf(name, sizeof name, "h%d", i);
        struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(name)};
        s[i] = socket(AF_PACKET, SOCK_RAW, 0);
        if (s[i] < 0 || bind(s[i], (struct sockaddr *)&a, sizeof a)) die(name);
        setsockopt(s[i], SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    }
    static unsigned char frame[BURST][60];
    struct mmsghdr m[BURST] = {0};
    struct iovec v[BURST];
    for (int i = 0; i < BURST; i++) {
        frame[i][12] = 0x88, frame[i][13] = 0xb5; /* IEEE 802, for local experiments */
        v[i] = (struct iovec){frame[i], sizeof frame[i]};
        m[i].msg_hdr = (struct msghdr){.msg_iov = &v[i], .msg_iovlen = 1};
    }
    struct timespec pause = {0, 1000000};
    int64_t count = 0, end = now_ns() + seconds * 1000000000LL;
    for (int from = 0; !seconds && from < stations; from++) {
        station(frame[0] + 6, from);
        station(frame[0], 0);
        if (send(s[from % ports], frame[0], sizeof frame[0], 0) > 0) count++;
        if (from % BURST == 0) nanosleep(&pause, NULL);
    }
    uint32_t draw = 1;
    for (int port = 0; seconds && now_ns() < end; port = (port + 7) % ports) {
        for (int i = 0; i < BURST; i++) {
            draw = draw * 1664525 + 1013904223; /* Numerical Recipes */
            int from = (draw >> 8) % (stations / ports) * ports + port, hop = 1 + (draw >> 16) % (ports - 1);
            station(frame[i] + 6, from);
            station(frame[i], (from + hop) % stations);
        }
        int n = sendmmsg(s[port], m, BURST, 0);
        if (n > 0) count += n;
    }
    printf("%ld\n", count);
}

int main(int argc, char **argv) {
    const char *mode = argc > 2 ? argv[1] : "";
    if (!strcmp(mode, "udp-sink") && argc == 4) udp_sink(argv[2], atoi(argv[3]));
    else if (!strcmp(mode, "udp-flood") && (argc == 6 || argc == 7)) udp_flood(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), argc == 7 ? atoi(argv[6]) : 0);
    else if (!strcmp(mode, "udp-flows") && argc == 5) udp_flows(argv[2], argv[3], atoi(argv[4]));
    else if (!strcmp(mode, "tcp-sink") && argc == 3) tcp_serve(argv[2], 0);
    else if (!strcmp(mode, "tcp-source") && argc == 4) tcp_serve(argv[2], atoi(argv[3]));
    else if (!strcmp(mode, "tcp-send") && argc == 6) tcp_bulk(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), 1);
    else if (!strcmp(mode, "tcp-receive") && argc == 6) tcp_bulk(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), 0);
    else if (!strcmp(mode, "echo") && argc == 3) echo(argv[2]);
    else if (!strcmp(mode, "tcp-rr") && argc == 5) round_trip(SOCK_STREAM, 0, argv[2], argv[3], atoi(argv[4]));
    else if (!strcmp(mode, "udp-rr") && argc == 5) round_trip(SOCK_DGRAM, 0, argv[2], argv[3], atoi(argv[4]));
    else if (!strcmp(mode, "udp-first") && argc == 5) round_trip(SOCK_DGRAM, 1, argv[2], argv[3], atoi(argv[4]));
    else if (!strcmp(mode, "connect") && argc == 5) connections(argv[2], argv[3], atoi(argv[4]));
    else if (!strcmp(mode, "frames") && argc == 5) frames(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
    else {
        fprintf(stderr, "usage: see the head of netprobe.c\n");
        return 2;
    }
    return 0;
}
