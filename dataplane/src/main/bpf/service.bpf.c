/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * The node's own way to Services. What comes to it from outside is sent on to a guest's pod, with the client's address, and what the pod
 * answers gets the Service's address again. What the node's processes send is led to a pod when they say where to (connect, sendmsg), so there
 * is nothing to translate. ServicePrograms.java says why, and writes the maps: which front ends there are, and their endpoints.
 */
#include "packet.h"

#define NEXT -1 /* TCX_NEXT: on to other programs and the stack */
#define PASS 1	/* of a call at a socket; 0: it fails */
#define ECONNREFUSED 111
#define ETH_ARP SWAP16(0x0806)
#define ECHO_REQUEST 8
#define ECHO_REPLY 0
#define ECHO6_REQUEST 128
#define ECHO6_REPLY 129
#define HOPS 64 /* RFC 1700, the default */

/* Constants of a node. */
const volatile __u64 netns_cookie; /* of the namespace whose processes are led */
const volatile __u8 device_mac[6]; /* of the device of this load */

/* Sum of a word that has become another one, ones' complement. */
INLINE __u64 exchanged(__u64 sum, const union address *from, const union address *to)
{
#pragma unroll
	for (int i = 0; i < 4; i++)
		sum += (__u64)(__u32)~from->words[i] + to->words[i];
	return sum;
}

INLINE __u32 folded32(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (sum & 0xffffffff) + (sum >> 32);
}

/* Where clients knock. Of a node port it is the family's address of zeros: any address of the node has it. */
struct front_key {
	union address address;
	__u16 port;
	__u8 protocol;
	__u8 zero[5];
};

#define RANGED 1     /* only clients of its ranges */
#define LOCAL_ONLY 2 /* without an endpoint the client is not answered */

struct front {
	__u32 id;
	__u32 count;
	__u32 affinity_s;
	__u32 flags;
	__u32 affinity_id; /* the same for all addresses of a Service's port */
	__u32 zero;
};

struct endpoint_key {
	__u32 id;
	__u32 index;
};

struct endpoint {
	union address address;
	__u16 port;
	__u8 zero[6];
};

struct member_key {
	union address address;
	__u32 id;
	__u16 port;
	__u16 zero;
};

struct range_key { /* of a trie: the id counts for the prefix */
	__u32 prefix_bits;
	__u32 id;
	union address address;
};

struct client_key {
	union address client;
	__u32 id;
	__u32 zero;
};

struct last {
	struct endpoint endpoint;
	__u64 used_ns;
};

/* One direction of what a client has with a Service: to a front end, or from an endpoint. */
struct way_key {
	union address client;
	union address local;
	__u16 client_port;
	__u16 local_port;
	__u8 protocol;
	__u8 answers; /* from the endpoint */
	__u8 zero[2];
};

struct way {
	union address address; /* what the local one becomes */
	__u16 port;
	__u16 zero;
	__u32 id;
};

/* What a process has addressed, and the endpoint it has got; and the other way round. */
struct socket_key {
	__u64 cookie;
	union address address;
	__u16 port;
	__u16 direction;
	__u32 zero;
};

SEC("maps") struct bpf_map front_ends = {
	.type = BPF_MAP_TYPE_HASH, .key_size = sizeof(struct front_key), .value_size = sizeof(struct front), .max_entries = 16384, .map_flags = BPF_F_NO_PREALLOC};
SEC("maps") struct bpf_map endpoints = {
	.type = BPF_MAP_TYPE_HASH, .key_size = sizeof(struct endpoint_key), .value_size = sizeof(struct endpoint), .max_entries = 131072, .map_flags = BPF_F_NO_PREALLOC};
SEC("maps") struct bpf_map members = {
	.type = BPF_MAP_TYPE_HASH, .key_size = sizeof(struct member_key), .value_size = sizeof(__u32), .max_entries = 131072, .map_flags = BPF_F_NO_PREALLOC};
SEC("maps") struct bpf_map node_addresses = {
	.type = BPF_MAP_TYPE_HASH, .key_size = sizeof(union address), .value_size = sizeof(__u32), .max_entries = 4096, .map_flags = BPF_F_NO_PREALLOC};
SEC("maps") struct bpf_map ranges = {
	.type = BPF_MAP_TYPE_LPM_TRIE, .key_size = sizeof(struct range_key), .value_size = sizeof(__u32), .max_entries = 65536, .map_flags = BPF_F_NO_PREALLOC};
SEC("maps") struct bpf_map affinities = {
	.type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct client_key), .value_size = sizeof(struct last), .max_entries = 16384};
#define ANNOUNCED 1 /* the node answers ARP for it */

SEC("maps") struct bpf_map service_addresses = { /* that only Services have, and which of the above is so */
	.type = BPF_MAP_TYPE_HASH, .key_size = sizeof(union address), .value_size = sizeof(__u32), .max_entries = 4096, .map_flags = BPF_F_NO_PREALLOC};
SEC("maps") struct bpf_map sockets = {
	.type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct socket_key), .value_size = sizeof(struct way), .max_entries = 65536};
/* What nobody has answered yet: a flood of it must leave alone what is established. */
SEC("maps") struct bpf_map opening = {
	.type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct way_key), .value_size = sizeof(struct way), .max_entries = 32768};
SEC("maps") struct bpf_map ways = {
	.type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct way_key), .value_size = sizeof(struct way), .max_entries = 131072};

/* What the daemon says while it lives. */
struct node {
	__u64 beat_ns;
	__u64 absence_ns;
	union address refuser_ipv4, refuser_ipv6; /* addresses of its own, by which its kernel refuses; zeros: none */
};

struct node node;

/* Why a packet ended here; ServiceDrops.java names them. */
enum drop { NO_ENDPOINT, NOT_LOCAL, NO_PORT, NOT_ADMITTED, NO_FIRST_FRAGMENT, NOT_TRANSLATED, DROPS };

__u64 dropped[DROPS];

INLINE int ended(enum drop why, int action)
{
	__sync_fetch_and_add(&dropped[why], 1);
	return action;
}

INLINE int drop(enum drop why)
{
	return ended(why, TC_DROP);
}

/* Where no daemon has come back for too long, nobody could end what is here. */
INLINE int is_unattended(void)
{
	return (__s64)(bpf_ktime_get_ns() - node.beat_ns) > (__s64)node.absence_ns;
}

INLINE struct way *find_way(const struct way_key *key)
{
	struct way *way = bpf_map_lookup_elem(&ways, key);
	return way ? way : bpf_map_lookup_elem(&opening, key);
}

INLINE int is_of_service(const union address *address)
{
	return bpf_map_lookup_elem(&service_addresses, address) != 0;
}

INLINE struct front *find_front(const union address *address, __u16 port, __u8 protocol)
{
	struct front_key key = {.address = *address, .port = port, .protocol = protocol};
	struct front *front = bpf_map_lookup_elem(&front_ends, &key);
	if (front || !bpf_map_lookup_elem(&node_addresses, address))
		return front;
	if (address->halves[0] || address->words[2] != 0xffff0000) { /* IPv6 */
		key.address.halves[0] = 0;
		key.address.words[2] = 0;
	}
	key.address.words[3] = 0;
	return bpf_map_lookup_elem(&front_ends, &key);
}

INLINE int is_member(const union address *address, __u16 port, __u32 id)
{
	struct member_key key = {.address = *address, .id = id, .port = port};
	return bpf_map_lookup_elem(&members, &key) != 0;
}

INLINE int admits(const struct front *front, const union address *client)
{
	if (!(front->flags & RANGED))
		return 1;
	struct range_key key = {.prefix_bits = 32 + 128, .id = front->id, .address = *client};
	return bpf_map_lookup_elem(&ranges, &key) != 0;
}

/* The client's last one, where it is to keep it and it is still one; or any. */
INLINE int choose(const struct front *front, const union address *client, struct endpoint *chosen)
{
	struct client_key who = {.client = *client, .id = front->affinity_id};
	__u64 now_ns = bpf_ktime_get_ns();
	if (front->affinity_s) {
		struct last *last = bpf_map_lookup_elem(&affinities, &who);
		if (last && now_ns - last->used_ns < front->affinity_s * 1000000000ULL
		    && is_member(&last->endpoint.address, last->endpoint.port, front->id)) {
			*chosen = last->endpoint;
			last->used_ns = now_ns;
			return 1;
		}
	}
	struct endpoint_key key = {.id = front->id};
	key.index = bpf_get_prandom_u32() % front->count;
	struct endpoint *found = bpf_map_lookup_elem(&endpoints, &key);
	if (!found) { /* there are fewer now */
		key.index = 0;
		found = bpf_map_lookup_elem(&endpoints, &key);
	}
	if (!found)
		return 0;
	*chosen = *found;
	if (front->affinity_s) {
		struct last last = {.endpoint = *found, .used_ns = now_ns};
		bpf_map_update_elem(&affinities, &who, &last, BPF_ANY);
	}
	return 1;
}

enum kind { OTHER, PORTS, LATER, ERROR, PING };

INLINE int is_error(const struct packet *p)
{
	__u8 type = p->transport.icmp.type;
	return p->ipv6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
}

INLINE int is_ping(const struct packet *p)
{
	return p->transport.icmp.type == (p->ipv6 ? ECHO6_REQUEST : ECHO_REQUEST);
}

/* Addresses, and ports where it has them: whole or the first fragment; or an ICMP error, or a ping. */
INLINE enum kind read_packet(struct packet *p)
{
	p->ipv6 = p->skb->protocol == ETH_IPV6;
	if (!p->ipv6 && p->skb->protocol != ETH_IPV4)
		return OTHER;
	enum found found = read_ip(p, 0);
	if (found == NOT_READ)
		return OTHER;
	if (p->protocol == (p->ipv6 ? ICMPV6 : ICMP))
		return p->is_fragment || !load(p, &p->transport, 8) ? OTHER : is_error(p) ? ERROR : is_ping(p) ? PING : OTHER;
	if (p->protocol != TCP && p->protocol != UDP && p->protocol != SCTP)
		return OTHER;
	if (found == LATER_FRAGMENT)
		return LATER;
	return load(p, &p->transport, 4) ? PORTS : OTHER;
}

/* One address of the IP header there, with that header's checksum; 0: no memory. */
INLINE int store_address(const struct packet *p, __u32 ip_at, int is_source, const union address *from, const union address *to)
{
	if (p->ipv6)
		return !bpf_skb_store_bytes(p->skb, ip_at + (is_source ? 8 : 24), to, 16, 0);
	bpf_l3_csum_replace(p->skb, ip_at + 10, from->words[3], to->words[3], sizeof(__u32));
	return !bpf_skb_store_bytes(p->skb, ip_at + (is_source ? 12 : 16), &to->words[3], 4, 0);
}

/* The address and port there become the other ones, with what sums over them; 0: no memory. */
INLINE int translate(struct packet *p, enum direction direction, const union address *from, const struct way *to)
{
	__u16 before = direction == INWARD ? p->transport.ports.destination : p->transport.ports.source;
	__u32 port_at = p->at + (direction == INWARD ? 2 : 0);
	__u64 flags = p->protocol == UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__u32 sum_at = p->at + (p->protocol == UDP ? 6 : 16);
	__u32 delta = folded32(exchanged(0, from, &to->address));
	if (p->protocol != SCTP) {
		if (bpf_l4_csum_replace(p->skb, sum_at, 0, delta, flags | BPF_F_PSEUDO_HDR))
			return 0;
		if (p->ipv6)
			bpf_csum_update(p->skb, delta); /* the address itself is in the sum of the whole, too: the helper has taken it off */
		if (before != to->port && bpf_l4_csum_replace(p->skb, sum_at, before, to->port, flags | sizeof(__u16)))
			return 0;
	} else if (before != to->port) {
		return 0; /* its checksum is over the port, and no helper makes it */
	}
	bpf_skb_store_bytes(p->skb, port_at, &to->port, sizeof(__u16), 0);
	return store_address(p, ETH_HEADER, direction == OUTWARD, from, &to->address);
}

INLINE struct way_key key_of(const struct packet *p, enum direction direction)
{
	struct way_key key = {.protocol = p->protocol, .answers = direction == OUTWARD};
	if (direction == INWARD) {
		key.client = p->source;
		key.local = p->destination;
		key.client_port = p->transport.ports.source;
		key.local_port = p->transport.ports.destination;
	} else {
		key.client = p->destination;
		key.local = p->source;
		key.client_port = p->transport.ports.destination;
		key.local_port = p->transport.ports.source;
	}
	return key;
}

#include "service_datagrams.h"
#include "service_errors.h"

/* A client's first packet: where it goes from now on, and what the answers become. */
INLINE int begin(struct packet *p, const struct way_key *key, const struct front *front, struct way *way)
{
	struct endpoint endpoint;
	if (!choose(front, &p->source, &endpoint))
		return 0;
	way->address = endpoint.address;
	way->port = endpoint.port;
	way->zero = 0;
	way->id = front->id;
	struct way_key back_key = *key;
	back_key.local = endpoint.address;
	back_key.local_port = endpoint.port;
	back_key.answers = 1;
	struct way back = {.address = p->destination, .port = p->transport.ports.destination, .id = front->id};
	struct way *other = bpf_map_lookup_elem(&ways, &back_key);
	if (other && (other->port != back.port || !is_same(&other->address, &back.address)))
		/* By two addresses of the Service from one port to one endpoint: answers cannot be told apart, and the new one has them. */
		bpf_map_delete_elem(&ways, &back_key);
	bpf_map_delete_elem(&ways, key);
	bpf_map_update_elem(&opening, &back_key, &back, BPF_ANY);
	bpf_map_update_elem(&opening, key, way, BPF_ANY);
	return 1;
}

struct arp {
	__u16 hardware;
	__u16 protocol;
	__u8 hardware_length;
	__u8 protocol_length;
	__u16 operation;
	__u8 sender_mac[6];
	__u32 sender;
	__u8 target_mac[6];
	__u32 target;
} __attribute__((packed));

/* RFC 826: who has an address of a balancer's? This node. */
INLINE int answer_arp(struct packet *p)
{
	struct arp arp;
	union address target;
	if (!load(p, &arp, sizeof(arp)) || arp.hardware != SWAP16(1) || arp.protocol != ETH_IPV4 || arp.operation != SWAP16(1))
		return NEXT;
	map_address(&target, arp.target);
	__u32 *known = bpf_map_lookup_elem(&service_addresses, &target);
	if (arp.sender == arp.target || !known || *known != ANNOUNCED)
		return NEXT;
	arp.operation = SWAP16(2);
	__builtin_memcpy(arp.target_mac, arp.sender_mac, 6);
	arp.target = arp.sender;
	arp.sender = target.words[3];
	for (int i = 0; i < 6; i++)
		arp.sender_mac[i] = device_mac[i];
	bpf_skb_store_bytes(p->skb, 0, arp.target_mac, 6, 0);
	bpf_skb_store_bytes(p->skb, 6, arp.sender_mac, 6, 0);
	bpf_skb_store_bytes(p->skb, p->at, &arp, sizeof(arp), 0);
	return bpf_redirect(p->skb->ifindex, 0);
}

struct neighbour { /* RFC 4861 4.3, 4.4: below the addresses and the rest that its checksum is over, too */
	union address source;
	union address destination;
	__u32 length;
	__u32 next_header;
	__u8 type;
	__u8 code;
	__u16 checksum;
	__u32 flags;
	union address target;
	__u8 option;
	__u8 option_length;
	__u8 mac[6];
};

#define ND_AT (ETH_HEADER + sizeof(struct ipv6))
#define ND_BYTES 32
#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ND_SOLICITED_OVERRIDE 0x60 /* the first of the flags' bytes */

/* RFC 4861 7.2.4, for an address of a balancer's: this node has it. */
INLINE int answer_solicitation(struct packet *p)
{
	struct ipv6 ip;
	struct neighbour n = {};
	if (!load(p, &ip, sizeof(ip)) || ip.next_header != ICMPV6 || ip.hop_limit != 255 || ip.payload_length != SWAP16(ND_BYTES)
	    || bpf_skb_load_bytes(p->skb, ND_AT, &n.type, ND_BYTES) || n.type != ND_SOLICITATION || n.option != 1 || n.option_length != 1)
		return 0;
	__u32 *known = bpf_map_lookup_elem(&service_addresses, &n.target);
	if (!known || *known != ANNOUNCED || !(ip.source.halves[0] | ip.source.halves[1]))
		return 0;
	__u8 macs[12];
	for (int i = 0; i < 6; i++) {
		macs[i] = n.mac[i];
		macs[6 + i] = device_mac[i];
		n.mac[i] = device_mac[i];
	}
	n.source = n.target;
	__builtin_memcpy(&n.destination, &ip.source, 16);
	n.length = __builtin_bswap32(ND_BYTES);
	n.next_header = __builtin_bswap32(ICMPV6);
	n.type = ND_ADVERTISEMENT;
	n.checksum = 0;
	n.flags = ND_SOLICITED_OVERRIDE;
	n.option = 2;
	__u64 sum = 0;
	const __u32 *words = (const __u32 *)&n;
#pragma unroll
	for (int i = 0; i < (int)(sizeof(n) / 4); i++)
		sum += words[i];
	__u32 folded = folded32(sum);
	folded = (folded & 0xffff) + (folded >> 16);
	folded = (folded & 0xffff) + (folded >> 16);
	n.checksum = ~folded;
	bpf_skb_store_bytes(p->skb, 0, macs, sizeof(macs), 0);
	bpf_skb_store_bytes(p->skb, ETH_HEADER + 8, &n.source, 32, 0);
	bpf_skb_store_bytes(p->skb, ND_AT, &n.type, ND_BYTES, 0);
	return 1;
}

/*
 * RFC 9293 3.10.7.1: the connection is refused, by the address that the client has asked. The SYN itself becomes the answer, of the same length
 * with its options, so that what a device has still to sum up is summed as before.
 */
INLINE int refuse(struct packet *p)
{
	__u8 macs[12], turned[12];
	__u32 before[3], after[3]; /* sequence number, acknowledgement, offset with flags and window */
	if (bpf_skb_load_bytes(p->skb, 0, macs, sizeof(macs)) || bpf_skb_load_bytes(p->skb, p->at + 4, before, sizeof(before)))
		return TC_DROP;
	after[0] = 0;
	after[1] = __builtin_bswap32(__builtin_bswap32(before[0]) + 1);
	after[2] = (before[2] & 0xf0) | (TCP_RST | TCP_ACK) << 8;
#pragma unroll
	for (int i = 0; i < 3; i++)
		if (bpf_l4_csum_replace(p->skb, p->at + 16, before[i], after[i], sizeof(__u32)))
			return TC_DROP;
#pragma unroll
	for (int i = 0; i < 12; i++)
		turned[i] = macs[(i + 6) % 12];
	__u16 ports[2] = {p->transport.ports.destination, p->transport.ports.source};
	if (bpf_skb_store_bytes(p->skb, 0, turned, sizeof(turned), 0) || bpf_skb_store_bytes(p->skb, p->at, ports, sizeof(ports), 0)
	    || bpf_skb_store_bytes(p->skb, p->at + 4, after, sizeof(after), 0))
		return TC_DROP;
	if (p->ipv6) {
		union address addresses[2] = {p->destination, p->source};
		bpf_skb_store_bytes(p->skb, ETH_HEADER + 8, addresses, sizeof(addresses), 0);
	} else {
		__u32 addresses[2] = {p->destination.words[3], p->source.words[3]};
		bpf_skb_store_bytes(p->skb, ETH_HEADER + 12, addresses, sizeof(addresses), 0);
	}
	return bpf_redirect(p->skb->ifindex, 0);
}

/*
 * Who looks whether a balancer's address is there hears it from this node, which answers ARP for it, too: the kernel would send the request to the
 * next router, and that one back. The sums over addresses stay as these are exchanged.
 */
INLINE int answer_ping(struct packet *p)
{
	__u32 *known = bpf_map_lookup_elem(&service_addresses, &p->destination);
	if (!known)
		return NEXT;
	__u8 macs[12], turned[12], hops = HOPS;
	__u16 request, answer, hops_before, hops_after; /* type and code; time to live and protocol */
	if (*known != ANNOUNCED || bpf_skb_load_bytes(p->skb, 0, macs, sizeof(macs)) || !load(p, &request, sizeof(request)))
		return drop(NO_PORT);
#pragma unroll
	for (int i = 0; i < 12; i++)
		turned[i] = macs[(i + 6) % 12];
	answer = p->ipv6 ? ECHO6_REPLY : ECHO_REPLY; /* of code 0 */
	if (bpf_l4_csum_replace(p->skb, p->at + 2, request, answer, sizeof(answer))
	    || bpf_skb_store_bytes(p->skb, p->at, &answer, sizeof(answer), 0) || bpf_skb_store_bytes(p->skb, 0, turned, sizeof(turned), 0))
		return drop(NOT_TRANSLATED);
	if (p->ipv6) {
		union address addresses[2] = {p->destination, p->source};
		bpf_skb_store_bytes(p->skb, ETH_HEADER + 8, addresses, sizeof(addresses), 0);
		bpf_skb_store_bytes(p->skb, ETH_HEADER + 7, &hops, 1, 0);
	} else {
		__u32 addresses[2] = {p->destination.words[3], p->source.words[3]};
		bpf_skb_store_bytes(p->skb, ETH_HEADER + 12, addresses, sizeof(addresses), 0);
		bpf_skb_load_bytes(p->skb, ETH_HEADER + 8, &hops_before, sizeof(hops_before));
		hops_after = SWAP16(HOPS << 8) | (hops_before & SWAP16(0xff));
		bpf_l3_csum_replace(p->skb, ETH_HEADER + 10, hops_before, hops_after, sizeof(hops_after));
		bpf_skb_store_bytes(p->skb, ETH_HEADER + 8, &hops_after, sizeof(hops_after), 0);
	}
	return bpf_redirect(p->skb->ifindex, 0);
}

/*
 * A connection goes on until one side ends it, so its segments need no endpoint that is still there; but a SYN opens another one, by the same
 * ports. UDP ends with its endpoint.
 */
INLINE int goes_on(struct packet *p, const struct way *known, int opens)
{
	return p->protocol == TCP ? !opens : is_member(&known->address, known->port, known->id);
}

/* It may be for a pod itself, with which the client has talked by a Service from that port: answers are not the Service's. */
INLINE void forget_answers(struct way_key key)
{
	key.answers = 1;
	bpf_map_delete_elem(&opening, &key);
	bpf_map_delete_elem(&ways, &key);
}

/* What comes from outside to a Service. */
SEC("tc/service_in") int vdp_service_in(struct __sk_buff *skb)
{
	struct packet packet = {.skb = skb, .at = ETH_HEADER}, *p = &packet;
	if (is_unattended())
		return NEXT;
	if (skb->protocol == ETH_ARP)
		return answer_arp(p);
	if (skb->protocol == ETH_IPV6 && answer_solicitation(p))
		return bpf_redirect(skb->ifindex, 0);
	enum kind kind = skb->pkt_type == PACKET_HOST ? read_packet(p) : OTHER;
	if (kind == ERROR)
		return translate_error(p, INWARD);
	if (kind == LATER)
		return translate_later(p, INWARD);
	if (kind == PING)
		return answer_ping(p);
	if (kind == OTHER)
		return is_of_service(&p->destination) ? drop(NO_PORT) : NEXT;
	__u8 flags = 0;
	if (p->protocol == TCP && !load_flags(p, &flags))
		return NEXT;
	int opens = p->protocol != TCP || opens_connection(flags);
	struct way_key key = key_of(p, INWARD);
	struct way *known = find_way(&key);
	if (known && goes_on(p, known, opens))
		return send_on(p, INWARD, known);
	struct front *front = find_front(&p->destination, p->transport.ports.destination, p->protocol);
	if (!front) {
		if (p->protocol == TCP && opens)
			forget_answers(key);
		/* An address of the node's has its kernel's answer; a Service's would be sent on, to nobody. */
		return is_of_service(&p->destination) ? drop(NO_PORT) : NEXT;
	}
	if (!opens)
		return NEXT; /* of the node's own, or of a connection that was over long ago */
	if (!admits(front, &p->source))
		return drop(NOT_ADMITTED);
	if (!front->count) {
		if (front->flags & LOCAL_ONLY)
			return drop(NOT_LOCAL);
		if (!is_of_service(&p->destination))
			return ended(NO_ENDPOINT, NEXT); /* the node's kernel refuses it */
		return ended(NO_ENDPOINT, p->protocol == TCP ? refuse(p) : refuse_by_kernel(p, &key, front->id));
	}
	struct way way;
	if (known && is_member(&known->address, known->port, front->id))
		way = *known; /* a SYN once more */
	else if (!begin(p, &key, front, &way))
		return drop(NO_ENDPOINT); /* its last one has just gone */
	return send_on(p, INWARD, &way);
}

/* The first answer: from now on it is established. */
INLINE struct way *establish(const struct way_key *key)
{
	struct way *back = bpf_map_lookup_elem(&opening, key);
	if (!back)
		return 0;
	struct way_key there_key = *key;
	there_key.local = back->address;
	there_key.local_port = back->port;
	there_key.answers = 0;
	struct way there = {.address = key->local, .port = key->local_port, .id = back->id};
	struct way copy = *back;
	bpf_map_update_elem(&ways, &there_key, &there, BPF_ANY);
	bpf_map_update_elem(&ways, key, &copy, BPF_ANY);
	bpf_map_delete_elem(&opening, &there_key);
	bpf_map_delete_elem(&opening, key);
	return bpf_map_lookup_elem(&ways, key);
}

/* What a pod answers to the outside. */
SEC("tc/service_out") int vdp_service_out(struct __sk_buff *skb)
{
	struct packet packet = {.skb = skb, .at = ETH_HEADER}, *p = &packet;
	enum kind kind = is_unattended() ? OTHER : read_packet(p);
	if (kind == ERROR)
		return translate_error(p, OUTWARD);
	if (kind == LATER)
		return translate_later(p, OUTWARD);
	if (kind == OTHER || kind == PING)
		return NEXT;
	__u8 flags;
	if (p->protocol == TCP && (!load_flags(p, &flags) || opens_connection(flags)))
		return NEXT; /* the pod's own */
	struct way_key key = key_of(p, OUTWARD);
	struct way *known = establish(&key);
	if (!known)
		known = bpf_map_lookup_elem(&ways, &key);
	if (!known)
		return NEXT;
	return send_on(p, OUTWARD, known);
}

INLINE struct socket_key socket_key(struct bpf_sock_addr *call, const union address *address, enum direction direction)
{
	struct socket_key key = {.address = *address, .port = call->user_port, .direction = direction};
	key.cookie = bpf_get_socket_cookie(call);
	return key;
}

INLINE void read_address(struct bpf_sock_addr *call, int ipv6, union address *to)
{
	if (!ipv6) {
		map_address(to, call->user_ip4);
		return;
	}
	to->words[0] = call->user_ip6[0];
	to->words[1] = call->user_ip6[1];
	to->words[2] = call->user_ip6[2];
	to->words[3] = call->user_ip6[3];
}

INLINE void write_address(struct bpf_sock_addr *call, int ipv6, const union address *address, __u16 port)
{
	if (ipv6) {
		call->user_ip6[0] = address->words[0];
		call->user_ip6[1] = address->words[1];
		call->user_ip6[2] = address->words[2];
		call->user_ip6[3] = address->words[3];
	} else {
		call->user_ip4 = address->words[3];
	}
	call->user_port = port;
}

/* A process says where to. */
INLINE int lead(struct bpf_sock_addr *call, int ipv6)
{
	if (bpf_get_netns_cookie(call) != netns_cookie || is_unattended())
		return PASS;
	union address address;
	__u16 port = call->user_port;
	read_address(call, ipv6, &address);
	struct socket_key key = socket_key(call, &address, OUTWARD);
	struct way *known = bpf_map_lookup_elem(&sockets, &key);
	if (known && call->protocol == UDP && is_member(&known->address, known->port, known->id)) {
		write_address(call, ipv6, &known->address, known->port);
		return PASS;
	}
	struct front *front = find_front(&address, port, call->protocol);
	if (!front && !is_of_service(&address))
		return PASS;
	struct endpoint endpoint;
	union address nobody = {};
	if (!front || !front->count || !choose(front, &nobody, &endpoint)) {
		bpf_set_retval(-ECONNREFUSED);
		return 0;
	}
	struct way to = {.address = endpoint.address, .port = endpoint.port, .id = front->id};
	bpf_map_update_elem(&sockets, &key, &to, BPF_ANY);
	struct way from = {.address = address, .port = port, .id = front->id};
	key.address = endpoint.address;
	key.port = endpoint.port;
	key.direction = INWARD;
	bpf_map_update_elem(&sockets, &key, &from, BPF_ANY);
	write_address(call, ipv6, &endpoint.address, endpoint.port);
	return PASS;
}

/* A process is told from where. */
INLINE int lead_back(struct bpf_sock_addr *call, int ipv6)
{
	union address address;
	read_address(call, ipv6, &address);
	struct socket_key key = socket_key(call, &address, INWARD);
	struct way *known = bpf_map_lookup_elem(&sockets, &key);
	if (known)
		write_address(call, ipv6, &known->address, known->port);
	return PASS;
}

SEC("cgroup/connect4") int vdp_lead4(struct bpf_sock_addr *call)
{
	return lead(call, 0);
}

SEC("cgroup/connect6") int vdp_lead6(struct bpf_sock_addr *call)
{
	return lead(call, 1);
}

SEC("cgroup/recvmsg4") int vdp_lead_back4(struct bpf_sock_addr *call)
{
	return lead_back(call, 0);
}

SEC("cgroup/recvmsg6") int vdp_lead_back6(struct bpf_sock_addr *call)
{
	return lead_back(call, 1);
}
