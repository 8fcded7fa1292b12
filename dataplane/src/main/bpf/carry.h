/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * Carries frames of flows that the daemon has established: translated here, and sent on without it. FlowTable.java says why, and writes the
 * table. What is not plain is NOT_CARRIED, and nothing of it is changed: no header's end, no length that lies, no fragment, option or extension,
 * no first frame but of what is opened here (opening.h), no last hop, nothing too long for the other side, and of UDP no frame that a device is to
 * segment (it may be a tunnel). What opens, ends or resets a TCP connection is noted for the daemon, which reads it later.
 */
#pragma once
#include "hash.h"
#include "packet.h"

/* Constants of a NIC; all zero where nothing is carried. Addresses of the other family are not set. */
const volatile __u8 carries;
const volatile __u32 guest, guest_tap; /* devices: the guest's, and the tap by which the daemon reads it */
const volatile union address guest_ipv4, guest_ipv6;
const volatile __u32 guest_mtu, uplink_mtu;
const volatile __u8 gateway_mac[6];
const volatile __u64 flow_seed;
const volatile __u32 flow_buckets;
/* What a ones' complement sum over the guest's address is more with the pod's instead, and the other way round. */
const volatile __u32 outward_ipv4, outward_ipv6, inward_ipv4, inward_ipv6;

#define FLOWS_A_BUCKET 4
#define PROCESSORS 64

/* One direction of a session. The daemon writes all but what it has carried; the hash first when it goes, and last when it comes. */
struct flow {
	__u64 hash; /* 0: none */
	union address remote;
	__u64 tuple; /* below */
	__u64 last_ns;
	__u64 frames;
	__u64 taken; /* the daemon's own, as is the session */
	__u32 session;
	__u32 said;
};

/* What is known of the sender of a flow, most of it of TCP: bits of a flow's said. FlowTable.java has the same. */
#define SAID_OPEN 1 /* anything but a first SYN */
#define SAID_FIN 2
#define SAID_RST 4
#define AWAITS_ANSWER 8 /* until it has opened, no frame but a SYN that answers is of the connection */
#define OPENED 16	/* the session began with a frame of this flow */

/* Local and remote port, the local port it becomes, protocol, whether the remote is translated, family and direction: one word, read at once. */
#define TUPLE_BECOMES_SHIFT 16
#define TUPLE_BOTH_ENDS 4
#define TUPLE_KEY (~(0xffffULL << TUPLE_BECOMES_SHIFT | TUPLE_BOTH_ENDS))
#define TUPLE_IPV6 2

INLINE __u64 tuple(__u16 local, __u16 remote, __u8 protocol, int ipv6, enum direction direction)
{
	return (__u64)local << 48 | (__u64)remote << 32 | protocol << 8 | (ipv6 ? TUPLE_IPV6 : 0) | direction;
}

/* What a flow's remote becomes, where it becomes another. FlowRemotes.java has the same. */
struct flow_remote {
	union address becomes;
	__u64 version_port; /* the version in the upper 48 bits, 0 while the daemon writes; the port */
	__u32 delta;	    /* what a ones' complement sum over the address is more with this one instead */
	__u32 zero;
};

struct bucket {
	struct flow flows[FLOWS_A_BUCKET];
	struct flow_remote remotes[FLOWS_A_BUCKET];
};

SEC("maps") struct bpf_map flows = {
	.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = sizeof(struct bucket), .max_entries = 1, .map_flags = BPF_F_MMAPABLE};

#define GRANTS 256 /* hashes of what sessions have in common that may be opened here */

/* What the daemon says while it lives. */
struct nic {
	__u64 mac;	  /* the guest's, as it lies, where frames may be carried; 0 where not */
	__u64 beat_ns;	  /* when it has last said so */
	__u64 absence_ns; /* for how long it may be away */
	__u64 segment;	  /* the longest TCP segment that a SYN may ask for, 0: what the MTUs leave */
	__u64 openings;	  /* how many sessions may be opened here */
	__u64 granted[GRANTS];
};

struct nic nic;

/*
 * Programs outlive the daemon, so that a restart costs no flow: what is established is carried, and the pod's kernel does not answer for the guest.
 * Where no daemon has come for too long, nothing is carried or taken: nobody could end it.
 */
INLINE int is_unattended(__u64 now_ns)
{
	return (__s64)(now_ns - nic.beat_ns) > (__s64)nic.absence_ns;
}

/* What has been carried, a line for each processor. */
struct carried {
	__u64 frames_out;
	__u64 bytes_out;
	__u64 frames_in;
	__u64 bytes_in;
	__u64 gso_frames;
	__u64 zero[3];
} __attribute__((aligned(64)));

struct carried carried[PROCESSORS];

/* The last places of flows whose senders have said something new, so that the daemon need not look at all flows for them. */
#define NOTES 4096

struct notes {
	__u64 count; /* of all times */
	__u32 places[NOTES]; /* plus 1; 0: read, or not yet written */
} notes;

INLINE void note(__u32 place)
{
	__u64 at = __sync_fetch_and_add(&notes.count, 1);
	notes.places[at & (NOTES - 1)] = place + 1;
}

/* Where a flow was found. */
struct found_flow {
	struct flow *flow;
	struct flow_remote *remote;
	__u64 hash;
	__u32 place;
};

INLINE __u64 flow_hash(const union address *remote, __u64 wanted)
{
	__u64 h = mix(flow_seed, remote->halves[1], 0x9e3779b97f4a7c15ULL);
	h = mix(h, remote->halves[0], 0xbf58476d1ce4e5b9ULL);
	return closed(mix(h, wanted, 0x94d049bb133111ebULL));
}

INLINE void set_found(struct found_flow *found, struct bucket *bucket, __u32 at, int i, __u64 h)
{
	found->flow = &bucket->flows[i];
	found->remote = &bucket->remotes[i];
	found->hash = h;
	found->place = at * FLOWS_A_BUCKET + i;
}

INLINE int find_carried(const union address *remote, __u64 wanted, struct found_flow *found)
{
	__u64 h = flow_hash(remote, wanted);
#pragma unroll
	for (int choice = 0; choice < 2; choice++) {
		__u32 at = bucket_of(h, choice, flow_buckets);
		struct bucket *bucket = bpf_map_lookup_elem(&flows, &at);
		if (!bucket)
			return 0;
#pragma unroll
		for (int i = 0; i < FLOWS_A_BUCKET; i++) {
			struct flow *flow = &bucket->flows[i];
			if (flow->hash == h && flow->remote.halves[1] == remote->halves[1] && flow->remote.halves[0] == remote->halves[0]) {
				set_found(found, bucket, at, i, h);
				return 1;
			}
		}
	}
	return 0;
}

INLINE void count(struct __sk_buff *skb, struct flow *flow, enum direction direction, __u64 now_ns)
{
	struct carried *here = &carried[bpf_get_smp_processor_id() & (PROCESSORS - 1)];
	__sync_fetch_and_add(direction == OUTWARD ? &here->frames_out : &here->frames_in, 1);
	__sync_fetch_and_add(direction == OUTWARD ? &here->bytes_out : &here->bytes_in, skb->len);
	if (skb->gso_size)
		__sync_fetch_and_add(&here->gso_frames, 1);
	__sync_fetch_and_add(&flow->frames, 1);
	flow->last_ns = now_ns;
}

/* RFC 1624, equation 3: the field after a change that sums up to delta, of a few words. */
INLINE __u16 repaired(__u16 checksum, __u32 delta)
{
	__u32 sum = (__u16)~checksum + delta;
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

INLINE __u32 delta16(__u16 before, __u16 after)
{
	return (__u16)~before + after;
}

INLINE __u16 folded(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

INLINE __u64 sum_of(const union address *a)
{
	return (__u64)a->words[0] + a->words[1] + a->words[2] + a->words[3];
}

struct tcp {
	__u16 source;
	__u16 destination;
	__u32 sequence;
	__u32 acknowledgment;
	__u8 length; /* in its upper half, in words */
	__u8 flags;
	__u16 window;
	__u16 checksum;
	__u16 urgent;
};

struct udp {
	__u16 source;
	__u16 destination;
	__u16 length;
	__u16 checksum;
};

/*
 * A frame that may be carried. Its pointers hold until a helper changes the frame, which is the last that happens; the family is known where the
 * code is made.
 */
struct plain {
	struct __sk_buff *skb;
	union address remote;
	union address remote_becomes; /* this and the next two where both ends are translated */
	__u16 remote_port;
	__u8 has_both_ends;
	__u32 remote_delta; /* 0 else */
	__u64 tuple;
	__u16 *ethernet;
	union {
		struct ipv4 *ipv4;
		struct ipv6 *ipv6;
	};
	union {
		struct tcp *tcp;
		struct udp *udp;
		__u16 *ports;
	};
	__u32 length; /* of the IP packet */
	__u8 protocol;
	__u8 flags; /* of TCP; 0 of UDP */
	__u8 says;  /* of its connection */
};

INLINE int read_plain_ipv4(struct plain *f, enum direction direction)
{
	struct ipv4 *ip = f->ipv4;
	__u32 ours = direction == OUTWARD ? ip->source : ip->destination;
	__u32 expected = direction == OUTWARD ? guest_ipv4.words[3] : pod_ipv4.words[3];
	if (ip->version_length != 0x45 || ip->fragment & (IPV4_OFFSET | IPV4_MORE_FRAGMENTS) || ip->ttl <= 1 || ours != expected)
		return 0;
	map_address(&f->remote, direction == OUTWARD ? ip->destination : ip->source);
	f->protocol = ip->protocol;
	f->length = SWAP16(ip->total_length);
	return 1;
}

INLINE int read_plain_ipv6(struct plain *f, enum direction direction)
{
	struct ipv6 *ip = f->ipv6;
	__u64 high = direction == OUTWARD ? guest_ipv6.halves[0] : pod_ipv6.halves[0];
	__u64 low = direction == OUTWARD ? guest_ipv6.halves[1] : pod_ipv6.halves[1];
	union address own;
	__builtin_memcpy(&own, direction == OUTWARD ? &ip->source : &ip->destination, 16);
	if ((ip->version_class_label & 0xf0) != 0x60 || ip->hop_limit <= 1 || own.halves[0] != high || own.halves[1] != low)
		return 0;
	__builtin_memcpy(&f->remote, direction == OUTWARD ? &ip->destination : &ip->source, 16);
	f->protocol = ip->next_header;
	f->length = SWAP16(ip->payload_length) + sizeof(*ip);
	return 1;
}

/* Its transport header is whole, and what the device would send of it is no longer than the MTU. */
INLINE int fits(const struct plain *f, __u32 headers, enum direction direction)
{
	__u32 mtu = direction == OUTWARD ? uplink_mtu : guest_mtu;
	__u32 segment = headers + f->skb->gso_size;
	__u32 longest = f->skb->gso_size && segment < f->length ? segment : f->length;
	return headers <= f->length && f->length <= f->skb->len - ETH_HEADER && longest <= mtu;
}

struct tcp_mss {
	__u8 kind;
	__u8 length;
	__u16 size;
};

#define TCP_OPTION_MSS 2

/* The segment size that it asks for needs no lowering. Who sends the option elsewhere than at first has it looked for by the daemon. */
INLINE int has_fitting_segments(const struct plain *f, const void *end, __u32 ip_header, __u32 header)
{
	if (header == sizeof(*f->tcp))
		return 1;
	const struct tcp_mss *option = (const void *)(f->tcp + 1);
	if ((const void *)(option + 1) > end || option->kind != TCP_OPTION_MSS || option->length != sizeof(*option))
		return 0;
	__u64 wanted = nic.segment;
	__u32 fitting = (guest_mtu < uplink_mtu ? guest_mtu : uplink_mtu) - ip_header - sizeof(*f->tcp);
	return SWAP16(option->size) <= (wanted && wanted < fitting ? wanted : fitting);
}

INLINE int is_plain_tcp(const struct plain *f, const void *end, __u32 ip_header, enum direction direction)
{
	__u32 header = f->tcp->length >> 4 << 2;
	if (header < sizeof(*f->tcp) || !fits(f, ip_header + header, direction))
		return 0;
	if (!(f->tcp->flags & TCP_SYN))
		return 1;
	__u8 flags = f->tcp->flags & (TCP_ACK | TCP_FIN | TCP_RST);
	return (!flags || flags == TCP_ACK) && has_fitting_segments(f, end, ip_header, header);
}

/*
 * Before the other side of a connection has answered, the pod's kernel may still have the same one. After a reset the daemon is to see whether
 * it goes on (RFC 7857 2.2).
 */
INLINE int is_expected(__u32 said, __u8 flags)
{
	if ((said & (AWAITS_ANSWER | SAID_OPEN)) == AWAITS_ANSWER && !(flags & TCP_SYN))
		return 0;
	return !(said & SAID_RST) || flags & TCP_RST;
}

INLINE __u8 says_of(__u8 flags)
{
	if (opens_connection(flags))
		return 0;
	return flags & TCP_RST ? SAID_RST : flags & TCP_FIN ? SAID_OPEN | SAID_FIN : SAID_OPEN;
}

/* For the daemon. A note that was overwritten is found by its sweep. */
INLINE void note_said(struct flow *flow, __u32 place, __u32 said, __u32 says)
{
	if (!(says & ~said))
		return;
	__sync_fetch_and_or(&flow->said, says);
	note(place);
}

INLINE int is_plain_udp(const struct plain *f, __u32 ip_header, enum direction direction)
{
	return !f->skb->gso_size && SWAP16(f->udp->length) >= sizeof(*f->udp) && fits(f, ip_header + sizeof(*f->udp), direction);
}

/*
 * What the flow's remote becomes. The daemon may write meanwhile: what is read between two looks at one version belongs together, and to this flow
 * where it has the same hash then.
 */
INLINE int read_flow_remote(struct plain *f, const struct found_flow *found)
{
	struct flow_remote *to = found->remote;
	__u64 version_port = *(volatile __u64 *)&to->version_port;
	__u64 hash_now = *(volatile __u64 *)&found->flow->hash;
	f->remote_becomes.halves[0] = *(volatile __u64 *)&to->becomes.halves[0];
	f->remote_becomes.halves[1] = *(volatile __u64 *)&to->becomes.halves[1];
	f->remote_delta = *(volatile __u32 *)&to->delta;
	f->remote_port = version_port;
	f->has_both_ends = 1;
	return version_port && hash_now == found->hash && *(volatile __u64 *)&to->version_port == version_port;
}

/* The header's own. */
INLINE void translate_ipv6(struct plain *f, enum direction direction)
{
	struct ipv6 *ip = f->ipv6;
	union address to;
	to.halves[0] = direction == OUTWARD ? pod_ipv6.halves[0] : guest_ipv6.halves[0];
	to.halves[1] = direction == OUTWARD ? pod_ipv6.halves[1] : guest_ipv6.halves[1];
	__builtin_memcpy(direction == OUTWARD ? &ip->source : &ip->destination, &to, 16);
	if (f->has_both_ends)
		__builtin_memcpy(direction == OUTWARD ? &ip->destination : &ip->source, &f->remote_becomes, 16);
	ip->hop_limit--;
}

INLINE void translate_ipv4(struct plain *f, enum direction direction)
{
	struct ipv4 *ip = f->ipv4;
	__u32 delta = delta16(ip->ttl, ip->ttl - 1) + (direction == OUTWARD ? outward_ipv4 : inward_ipv4) + f->remote_delta;
	ip->checksum = repaired(ip->checksum, delta);
	ip->ttl--;
	*(direction == OUTWARD ? &ip->source : &ip->destination) = direction == OUTWARD ? pod_ipv4.words[3] : guest_ipv4.words[3];
	if (f->has_both_ends)
		*(direction == OUTWARD ? &ip->destination : &ip->source) = f->remote_becomes.words[3];
}

/*
 * A device may have the checksum still to fill in, at this header or, of a tunnel, at an inner one. Only the kernel knows which, and helpers take it
 * for this one. That can be only where the field has the sum of the pseudo-header; else it is complete.
 */
INLINE int may_be_partial(const struct plain *f, int ipv6)
{
	if (f->protocol == TCP)
		return 1;
	__u64 sum = (__u64)f->udp->length + SWAP16(UDP);
	if (ipv6) {
		union address source, destination;
		__builtin_memcpy(&source, &f->ipv6->source, 16);
		__builtin_memcpy(&destination, &f->ipv6->destination, 16);
		sum += sum_of(&source) + sum_of(&destination);
	} else {
		sum += (__u64)f->ipv4->source + f->ipv4->destination;
	}
	return f->udp->checksum == folded(sum);
}

/* The checksum over ports and addresses, where it is complete. */
INLINE void repair_complete(struct plain *f, int ipv6, __u32 addresses, __u32 ports)
{
	__u16 sum = f->udp->checksum;
	if (!sum)
		return;
	__u16 after = repaired(sum, addresses + ports);
	f->udp->checksum = after ? after : 0xffff;
	if (!ipv6) /* of IPv6 the addresses are in the sum of the whole, too */
		bpf_csum_update(f->skb, delta16(sum, after ? after : 0xffff) + ports);
}

/* The ports, and the checksum over them and the addresses. 0: the frame is lost. */
INLINE int translate_transport(struct plain *f, int ipv6, enum direction direction, __u16 port, int partial)
{
	__u32 addresses = ipv6 ? direction == OUTWARD ? outward_ipv6 : inward_ipv6 : direction == OUTWARD ? outward_ipv4 : inward_ipv4;
	addresses += f->remote_delta;
	__u16 *at = direction == OUTWARD ? &f->ports[0] : &f->ports[1];
	__u16 *remote_at = direction == OUTWARD ? &f->ports[1] : &f->ports[0];
	__u16 before = *at, remote_before = *remote_at, remote_port = f->has_both_ends ? f->remote_port : remote_before;
	*at = port;
	if (f->has_both_ends)
		*remote_at = remote_port;
	if (!partial) {
		repair_complete(f, ipv6, addresses, delta16(before, port) + delta16(remote_before, remote_port));
		return 1;
	}
	__u64 flags = f->protocol == UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__u32 sum_at = ETH_HEADER + (ipv6 ? sizeof(struct ipv6) : sizeof(struct ipv4)) + (f->protocol == UDP ? 6 : 16);
	if (bpf_l4_csum_replace(f->skb, sum_at, 0, addresses, flags | BPF_F_PSEUDO_HDR))
		return 0;
	if (ipv6)
		bpf_csum_update(f->skb, addresses); /* likewise: the helper has taken it off */
	if (remote_port != remote_before && bpf_l4_csum_replace(f->skb, sum_at, remote_before, remote_port, flags | sizeof(port)))
		return 0;
	return port == before || !bpf_l4_csum_replace(f->skb, sum_at, before, port, flags | sizeof(port));
}

INLINE void address_to_guest(__u16 *to, __u64 mac)
{
	to[0] = mac;
	to[1] = mac >> 16;
	to[2] = mac >> 32;
	to[3] = gateway_mac[0] | gateway_mac[1] << 8;
	to[4] = gateway_mac[2] | gateway_mac[3] << 8;
	to[5] = gateway_mac[4] | gateway_mac[5] << 8;
}

INLINE int is_of_guest(const __u16 *ethernet, __u64 mac)
{
	return (ethernet[3] | (__u64)ethernet[4] << 16 | (__u64)ethernet[5] << 32) == mac;
}

#include "opening.h"

INLINE int carry_family(struct __sk_buff *skb, int ipv6, enum direction direction, __u64 mac)
{
	const __u32 ip_header = ipv6 ? sizeof(struct ipv6) : sizeof(struct ipv4);
	struct plain frame = {.skb = skb}, *f = &frame;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	if (data + ETH_HEADER + ip_header + sizeof(struct udp) > end) {
		__u32 wanted = ETH_HEADER + ip_header + sizeof(struct tcp);
		if (bpf_skb_pull_data(skb, skb->len < wanted ? skb->len : wanted))
			return NOT_CARRIED;
		data = (void *)(long)skb->data;
		end = (void *)(long)skb->data_end;
		if (data + ETH_HEADER + ip_header + sizeof(struct udp) > end)
			return NOT_CARRIED;
	}
	f->ethernet = data;
	f->ipv4 = data + ETH_HEADER;
	f->tcp = data + ETH_HEADER + ip_header;
	if (direction == OUTWARD && !is_of_guest(f->ethernet, mac))
		return NOT_CARRIED;
	if (!(ipv6 ? read_plain_ipv6(f, direction) : read_plain_ipv4(f, direction)))
		return NOT_CARRIED;
	if (f->protocol == TCP) {
		if ((void *)(f->tcp + 1) > end || !is_plain_tcp(f, end, ip_header, direction))
			return NOT_CARRIED;
		/* Not read again later, when Linux 6.1 no longer knows that the frame is long enough. */
		f->flags = f->tcp->flags;
		f->says = says_of(f->flags);
	} else if (f->protocol != UDP || !is_plain_udp(f, ip_header, direction)) {
		return NOT_CARRIED;
	}
	f->tuple = direction == OUTWARD ? tuple(f->ports[0], f->ports[1], f->protocol, ipv6, OUTWARD)
					: tuple(f->ports[1], f->ports[0], f->protocol, ipv6, INWARD);
	struct found_flow found = {};
	int is_known = find_carried(&f->remote, f->tuple, &found);
	if (f->protocol == TCP && is_known == is_first_syn(f))
		return NOT_CARRIED;
	__u64 now_ns = bpf_ktime_get_ns();
	if (is_unattended(now_ns))
		return NOT_CARRIED;
	if (!is_known && !open_flow(f, ipv6, direction, now_ns, &found))
		return NOT_CARRIED;
	__u64 whole = *(volatile __u64 *)&found.flow->tuple;
	if ((whole & TUPLE_KEY) != f->tuple)
		return NOT_CARRIED;
	__u32 said = *(volatile __u32 *)&found.flow->said;
	if (!is_expected(said, f->flags))
		return NOT_CARRIED;
	if (whole & TUPLE_BOTH_ENDS && !read_flow_remote(f, &found))
		return NOT_CARRIED;
	count(skb, found.flow, direction, now_ns);
	note_said(found.flow, found.place, said, f->says);
	int partial = may_be_partial(f, ipv6);
	if (direction == INWARD)
		address_to_guest(f->ethernet, mac);
	if (ipv6)
		translate_ipv6(f, direction);
	else
		translate_ipv4(f, direction);
	if (!translate_transport(f, ipv6, direction, whole >> TUPLE_BECOMES_SHIFT, partial))
		return TC_DROP; /* no memory */
	return direction == OUTWARD ? bpf_redirect_neigh(uplink, 0, 0, 0) : bpf_redirect(guest, 0);
}

/* What becomes of the frame, or NOT_CARRIED. */
INLINE int carry(struct __sk_buff *skb, enum direction direction)
{
	if (!carries)
		return NOT_CARRIED;
	__u64 mac = *(volatile __u64 *)&nic.mac;
	if (!mac || skb->vlan_present)
		return NOT_CARRIED;
	if (skb->protocol == ETH_IPV4)
		return guest_ipv4.words[3] ? carry_family(skb, 0, direction, mac) : NOT_CARRIED;
	if (skb->protocol == ETH_IPV6)
		return guest_ipv6.halves[0] ? carry_family(skb, 1, direction, mac) : NOT_CARRIED;
	return NOT_CARRIED;
}
