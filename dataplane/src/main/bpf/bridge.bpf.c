/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * The program at the device of a bridge's port: it sends on frames of conversations that the daemon's bridge knows, and gives it all others by a
 * tap. ConversationTable.java says why, and writes the maps.
 */
#include "hash.h"
#include "packet.h"

#define ETH_DOT1Q SWAP16(0x8100)
#define DHCP_SERVER SWAP16(67)
#define DHCP_CLIENT SWAP16(68)
#define DHCPV6_CLIENT SWAP16(546)
#define DHCPV6_SERVER SWAP16(547)

/* Constants of a port: its number, the tap by which the daemon reads it, and the bridge's table. */
const volatile __u32 port, tap;
/* Of a port in another namespace: there, the end of the veth that leads to the bridge's, and the port's device. */
const volatile __u32 crossing, guest;
const volatile __u64 seed;
const volatile __u32 buckets;

#define CONVERSATIONS_A_BUCKET 4
#define HIGH_SHIFT 48	/* above a MAC address as it lies */
#define TAGGED 0x8000	/* beside the port's number: the frame has the tag that stands beside the source */
#define PUSHED 0x10000	/* beside a tag: the frame leaves with it; else with none */
#define PEER 0x20000	/* beside a tag: what leaves by the device comes in by its other end, in another namespace */
#define GUARDED 0x40000	/* beside a tag: the guard of the port that it comes in by looks into the frame */
#define GSO_FRAME ((1ULL << 32) | 1)

/* What one station sends to another by one port, under one tag. The daemon writes all but what was carried; the hash first when it goes, and last when
 * it comes. */
struct conversation {
	__u64 hash; /* 0: none */
	__u64 source;
	__u64 destination;
	__u32 egress;
	__u32 tag;
	__u16 source_station, destination_station;
	__u32 longest; /* frame that is not to be segmented */
	__u32 source_version, destination_version;
	__u64 frames; /* and GSO frames, in the upper half */
	__u64 bytes;
};

struct bucket {
	struct conversation conversations[CONVERSATIONS_A_BUCKET];
};

SEC("maps") struct bpf_map conversations = {
	.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = sizeof(struct bucket), .max_entries = 1, .map_flags = BPF_F_MMAPABLE};

/* A station has another version when it has moved or gone: no conversation of it holds any more. Number 0 is none: there is when the daemon was last
 * alive. */
struct station {
	__u64 last_ns;
	__u32 version;
	__u32 address; /* of IPv4, that alone may stand in what it sends through a guard; 0: any */
};

SEC("maps") struct bpf_map stations = {
	.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = sizeof(struct station), .max_entries = 1, .map_flags = BPF_F_MMAPABLE};

/* A filter outlives a killed daemon, and nothing is to be carried that nobody can end. */
#define SILENCE_NS 5000000000LL

/* When a station was last seen need not be more exact, and the line is shared by all processors. */
#define SEEN_NS (1 << 26)

#define READ(field) (*(volatile typeof(field) *)&(field))

INLINE int is_dhcp(__u16 port)
{
	return port == DHCP_SERVER || port == DHCP_CLIENT;
}

INLINE int is_dhcpv6(__u16 port)
{
	return port == DHCPV6_SERVER || port == DHCPV6_CLIENT;
}

/* The daemon's bridge looks into nothing else of such a frame: no DHCP, no neighbour discovery, no group's member. */
INLINE int is_plain(const struct __sk_buff *skb, const void *at, const void *end)
{
	if (skb->protocol == ETH_IPV4) {
		const struct ipv4 *ip = at;
		if ((void *)(ip + 1) > end || ip->version_length != 0x45 || ip->fragment & (IPV4_OFFSET | IPV4_MORE_FRAGMENTS))
			return 0;
		const __u16 *ports = (void *)(ip + 1);
		if (ip->protocol == UDP)
			return (void *)(ports + 2) <= end && !is_dhcp(ports[0]) && !is_dhcp(ports[1]);
		return ip->protocol == TCP || ip->protocol == ICMP;
	}
	if (skb->protocol == ETH_IPV6) {
		const struct ipv6 *ip = at;
		if ((void *)(ip + 1) > end || (ip->version_class_label & 0xf0) != 0x60)
			return 0;
		const __u16 *ports = (void *)(ip + 1);
		if (ip->next_header == UDP)
			return (void *)(ports + 2) <= end && !is_dhcpv6(ports[0]) && !is_dhcpv6(ports[1]);
		return ip->next_header == TCP;
	}
	return 0;
}

/* StationGuard.java: the IPv4 address is the one that DHCP has given, and lengths are true. What is not so the daemon's bridge drops, and counts. */
INLINE int passes_guard(const struct __sk_buff *skb, const void *at, const void *end, __u32 address)
{
	const __u32 length = skb->len - ETH_HEADER;
	if (skb->protocol == ETH_IPV4) {
		const struct ipv4 *ip = at;
		const __u16 *udp = (void *)(ip + 1);
		if ((void *)(ip + 1) > end || (ip->protocol == UDP && (void *)(udp + 4) > end))
			return 0;
		__u16 total_length = SWAP16(ip->total_length);
		return (!address || ip->source == address) && total_length >= sizeof(*ip) && total_length <= length;
	}
	const struct ipv6 *ip = at;
	return (void *)(ip + 1) <= end && sizeof(*ip) + SWAP16(ip->payload_length) <= length;
}

INLINE struct conversation *find(__u64 source, __u64 destination, __u64 h)
{
#pragma unroll
	for (int choice = 0; choice < 2; choice++) {
		__u32 at = bucket_of(h, choice, buckets);
		struct bucket *bucket = bpf_map_lookup_elem(&conversations, &at);
		if (!bucket)
			return 0;
#pragma unroll
		for (int i = 0; i < CONVERSATIONS_A_BUCKET; i++) {
			struct conversation *c = &bucket->conversations[i];
			if (READ(c->hash) == h && c->source == source && c->destination == destination)
				return c;
		}
	}
	return 0;
}

INLINE struct station *station(__u32 number)
{
	return bpf_map_lookup_elem(&stations, &number);
}

/* The tag that it leaves with; 0: no memory. */
INLINE int retag(struct __sk_buff *skb, __u32 tag)
{
	if (skb->vlan_present) {
		if (tag == (PUSHED | (skb->vlan_tci & 0xffff)))
			return 1;
		if (bpf_skb_vlan_pop(skb))
			return 0;
	}
	return !tag || !bpf_skb_vlan_push(skb, ETH_DOT1Q, tag & 0xffff);
}

INLINE int carry(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const __u32 wanted = ETH_HEADER + sizeof(struct ipv6) + 4;
	if (data + wanted > end) {
		if (bpf_skb_pull_data(skb, skb->len < wanted ? skb->len : wanted))
			return NOT_CARRIED;
		data = (void *)(long)skb->data;
		end = (void *)(long)skb->data_end;
	}
	if (data + ETH_HEADER > end || !is_plain(skb, data + ETH_HEADER, end))
		return NOT_CARRIED;
	__u32 is_tagged = skb->vlan_present;
	if (is_tagged && skb->vlan_proto != ETH_DOT1Q)
		return NOT_CARRIED;
	const __u16 *mac = data;
	__u64 destination = mac[0] | (__u64)mac[1] << 16 | (__u64)mac[2] << 32 | (__u64)(port | (is_tagged ? TAGGED : 0)) << HIGH_SHIFT;
	__u64 source = mac[3] | (__u64)mac[4] << 16 | (__u64)mac[5] << 32 | (__u64)(is_tagged ? skb->vlan_tci & 0xffff : 0) << HIGH_SHIFT;
	__u64 h = closed(mix(mix(seed, source, 0x9e3779b97f4a7c15ULL), destination, 0xbf58476d1ce4e5b9ULL));
	struct conversation *c = find(source, destination, h);
	if (!c)
		return NOT_CARRIED;
	struct station *from = station(READ(c->source_station)), *to = station(READ(c->destination_station)), *daemon = station(0);
	if (!from || !to || !daemon || READ(from->version) != READ(c->source_version) || READ(to->version) != READ(c->destination_version))
		return NOT_CARRIED;
	__u32 egress = READ(c->egress), tag = READ(c->tag), longest = READ(c->longest);
	if (READ(c->hash) != h) /* another one came meanwhile */
		return NOT_CARRIED;
	if (tag & GUARDED && !passes_guard(skb, data + ETH_HEADER, end, READ(from->address)))
		return NOT_CARRIED;
	__u64 now_ns = bpf_ktime_get_ns();
	if ((__s64)(now_ns - daemon->last_ns) > SILENCE_NS || (!skb->gso_size && skb->len > longest))
		return NOT_CARRIED;
	if (now_ns - from->last_ns > SEEN_NS)
		from->last_ns = now_ns;
	__sync_fetch_and_add(&c->frames, skb->gso_size ? GSO_FRAME : 1);
	__sync_fetch_and_add(&c->bytes, skb->len);
	if (!retag(skb, tag & ~(PEER | GUARDED)))
		return TC_DROP;
	return tag & PEER ? bpf_redirect_peer(egress, 0) : bpf_redirect(egress, 0);
}

/* What comes in by a port. Its own kernel gets none. */
SEC("tc/bridge") int vdp_bridge(struct __sk_buff *skb)
{
	int action = carry(skb);
	return action == NOT_CARRIED ? bpf_redirect(tap, 0) : action;
}

/* What a guest sends whose device is in another namespace: it comes in by the veth's end there. */
SEC("tc/to_bridge") int vdp_to_bridge(struct __sk_buff *skb)
{
	return bpf_redirect_peer(crossing, 0);
}

/* And what has come through the veth to the guest. */
SEC("tc/crossing") int vdp_crossing(struct __sk_buff *skb)
{
	return bpf_redirect(guest, 0);
}
