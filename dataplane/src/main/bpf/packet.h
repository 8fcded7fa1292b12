/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* A packet's headers, of either family, read into one form: the key of its flow. */
#pragma once
#include "bpf.h"

#define ETH_HEADER 14
#define ETH_IPV4 SWAP16(0x0800)
#define ETH_IPV6 SWAP16(0x86dd)
#define PACKET_HOST 0 /* linux/if_packet.h: to this station's own address */

#define HOP_BY_HOP 0
#define ICMP 1
#define TCP 6
#define UDP 17
#define DCCP 33
#define ROUTING 43
#define FRAGMENT 44
#define ICMPV6 58
#define DESTINATION_OPTIONS 60
#define SCTP 132
#define UDPLITE 136
#define MAX_EXTENSIONS 5

#define TCP_FLAGS 13 /* where in the header */
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

union address { /* IPv4 as ::ffff:a.b.c.d */
	__u8 bytes[16];
	__u32 words[4];
	__u64 halves[2];
};

struct ipv4 {
	__u8 version_length;
	__u8 tos;
	__u16 total_length;
	__u16 id;
	__u16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u32 source;
	__u32 destination;
};

#define IPV4_OFFSET SWAP16(0x1fff)
#define IPV4_MORE_FRAGMENTS SWAP16(0x2000)

struct ipv6 {
	__u32 version_class_label;
	__u16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	union address source;
	union address destination;
} __attribute__((packed, aligned(4)));

struct extension { /* also ports, or an ICMP header's beginning */
	__u8 next_header;
	__u8 length;
	__u16 offset;
	__u32 id;
};

union transport {
	struct extension extension;
	struct {
		__u16 source;
		__u16 destination;
	} ports;
	struct {
		__u8 type;
		__u8 code;
		__u16 checksum;
		__u16 identifier;
	} icmp;
	__u64 raw;
};

/* A flow of one local address of each family; or a datagram in fragments, whose id is where the ports are. 24 bytes. */
struct flow_key {
	union address remote;
	union {
		struct {
			__u16 local_port;
			__u16 remote_port;
		};
		__u32 datagram_id;
	};
	__u8 protocol;
	__u8 ipv6;
	__u16 zero;
};

/* Whose address is the local one? */
enum direction { INWARD, OUTWARD };

enum found { NOT_READ, WHOLE_OR_FIRST, LATER_FRAGMENT };

struct packet {
	struct __sk_buff *skb;
	struct flow_key key;
	struct flow_key datagram;
	union address source;
	union address destination;
	union transport transport;
	__u32 at;	   /* offset of the header that is read next; in the end the transport's */
	__u32 icmp_sum_at; /* of an ICMP error whose quoted packet the key is of; else 0 */
	__u8 protocol;
	__u8 ipv6;
	__u8 is_fragment;
};

INLINE int load(const struct packet *p, void *to, __u32 length)
{
	return bpf_skb_load_bytes(p->skb, p->at, to, length) == 0;
}

INLINE int is_same(const union address *a, const union address *b)
{
	return a->halves[0] == b->halves[0] && a->halves[1] == b->halves[1];
}

INLINE void map_address(union address *to, __u32 ipv4)
{
	to->halves[0] = 0;
	to->words[2] = 0xffff0000;
	to->words[3] = ipv4;
}

INLINE void note_fragment(struct packet *p, __u32 id)
{
	p->is_fragment = 1;
	p->datagram.datagram_id = id;
	p->datagram.ipv6 = p->ipv6;
}

/* Addresses and protocol. A quoted packet is not the fragment that it may tell of. */
INLINE enum found read_ipv4(struct packet *p, int quoted)
{
	struct ipv4 ip;
	if (!load(p, &ip, sizeof(ip)))
		return NOT_READ;
	map_address(&p->source, ip.source);
	map_address(&p->destination, ip.destination);
	if (!quoted && ip.fragment & (IPV4_OFFSET | IPV4_MORE_FRAGMENTS))
		note_fragment(p, ip.id);
	p->protocol = ip.protocol;
	p->at += (ip.version_length & 0xf) << 2;
	return ip.fragment & IPV4_OFFSET ? LATER_FRAGMENT : WHOLE_OR_FIRST;
}

INLINE enum found read_ipv6(struct packet *p, int quoted)
{
	struct ipv6 ip;
	if (!load(p, &ip, sizeof(ip)))
		return NOT_READ;
	__builtin_memcpy(&p->source, &ip.source, 16);
	__builtin_memcpy(&p->destination, &ip.destination, 16);
	p->protocol = ip.next_header;
	p->at += sizeof(ip);
#pragma unroll
	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		struct extension e;
		__u8 header = p->protocol;
		if (header != HOP_BY_HOP && header != ROUTING && header != DESTINATION_OPTIONS && header != FRAGMENT)
			break;
		if (!load(p, &e, sizeof(e)))
			return NOT_READ;
		p->protocol = e.next_header;
		if (header != FRAGMENT) {
			p->at += (e.length + 1) << 3;
			continue;
		}
		if (!quoted)
			note_fragment(p, e.id);
		if (e.offset & SWAP16(0xfff8))
			return LATER_FRAGMENT;
		p->at += sizeof(e);
	}
	return WHOLE_OR_FIRST;
}

INLINE enum found read_ip(struct packet *p, int quoted)
{
	return p->ipv6 ? read_ipv6(p, quoted) : read_ipv4(p, quoted);
}

/* To the transport header: the key's address, and its protocol. */
INLINE void key_address(struct packet *p, enum direction direction)
{
	p->key.remote = direction == INWARD ? p->source : p->destination;
	p->key.protocol = p->protocol;
	p->key.ipv6 = p->ipv6;
	p->datagram.remote = p->key.remote;
}

INLINE int load_flags(const struct packet *p, __u8 *flags)
{
	return bpf_skb_load_bytes(p->skb, p->at + TCP_FLAGS, flags, 1) == 0;
}

INLINE int opens_connection(__u8 flags)
{
	return (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

INLINE int has_ports(__u8 protocol)
{
	return protocol == TCP || protocol == UDP || protocol == SCTP || protocol == UDPLITE || protocol == DCCP;
}

/* The key's ports, where the protocol has any. */
INLINE void key_ports(struct packet *p, enum direction direction)
{
	p->key.local_port = direction == INWARD ? p->transport.ports.destination : p->transport.ports.source;
	p->key.remote_port = direction == INWARD ? p->transport.ports.source : p->transport.ports.destination;
}
