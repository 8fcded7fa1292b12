/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * Opens TCP connections and UDP sessions without the daemon: a first frame would wait for it to wake. Only where the daemon has walked another one
 * that is decided alike, and has said so: one of the guest to the same address and port, or one to the same port of the guest from the same
 * address. What was opened is noted, and the daemon makes a session of it before it walks a frame of the NIC (OpenedSessions.java). It says how
 * many may be opened until then, so the next one after these wakes it.
 *
 * Here and not there it is known whether a port can be had: what the guest opens from a number has the same number outside, where no other one is
 * its own, and nobody else's flow has it.
 */
#pragma once
#include "ports.h"

/* Of a flow that was opened here, until the daemon has made its session. */
#define UNADOPTED 0xffffffff

/* Of an entry that is being written: no flow's hash, as those are odd. */
#define CLAIMED 2

#define DHCP_SERVER 67

INLINE int is_first_syn(const struct plain *f)
{
	return f->protocol == TCP && opens_connection(f->flags);
}

INLINE int is_granted(const struct plain *f, int ipv6, enum direction direction)
{
	__u64 alike = direction == OUTWARD ? tuple(0, f->ports[1], f->protocol, ipv6, OUTWARD)
						: tuple(f->ports[1], 0, f->protocol, ipv6, INWARD);
	__u64 h = flow_hash(&f->remote, alike);
	__u64 at = h >> 32;
	FORGET(at);
	return *(volatile __u64 *)&nic.granted[at & (GRANTS - 1)] == h;
}

INLINE int is_pods(const struct plain *f, int ipv6, enum direction direction)
{
	struct flow_key key = {.remote = f->remote, .protocol = f->protocol, .ipv6 = ipv6};
	key.local_port = f->ports[direction == OUTWARD ? 0 : 1];
	key.remote_port = f->ports[direction == OUTWARD ? 1 : 0];
	if (bpf_map_lookup_elem(&pod_flows, &key))
		return 1;
	if (direction == OUTWARD || f->protocol != TCP)
		return 0;
	struct bpf_sock_tuple tuple = {};
	__u32 size = sizeof(tuple.ipv4);
	if (ipv6) {
		size = sizeof(tuple.ipv6);
		__builtin_memcpy(tuple.ipv6.saddr, &f->remote, 16);
		__builtin_memcpy(tuple.ipv6.daddr, &f->ipv6->destination, 16);
		tuple.ipv6.sport = key.remote_port;
		tuple.ipv6.dport = key.local_port;
	} else {
		tuple.ipv4.saddr = f->remote.words[3];
		tuple.ipv4.daddr = f->ipv4->destination;
		tuple.ipv4.sport = key.remote_port;
		tuple.ipv4.dport = key.local_port;
	}
	__u32 state = tcp_socket_of(f->skb, &tuple, size);
	return state && state != TCP_LISTEN;
}

INLINE __u8 *bits_of(const struct plain *f, __u16 port, int ipv6)
{
	__u32 at = SWAP16(port) | (f->protocol == UDP ? UDP_AT : TCP_AT);
	FORGET(at);
	return &steered[(ipv6 << FAMILY_SHIFT) + (at & 0x1ffff)];
}

INLINE int may_open(const struct plain *f, int ipv6, enum direction direction)
{
	if ((__s64) * (volatile __u64 *)&nic.openings <= 0 || !is_granted(f, ipv6, direction))
		return 0;
	__u8 bits = *bits_of(f, f->ports[direction == OUTWARD ? 0 : 1], ipv6);
	if (bits & ELSEWHERE || (direction == INWARD && !(bits & OPEN)))
		return 0;
	return !is_pods(f, ipv6, direction) && (__s64)__sync_fetch_and_add(&nic.openings, -1) > 0;
}

INLINE int find_free(__u64 h, struct found_flow *found)
{
#pragma unroll
	for (int choice = 0; choice < 2; choice++) {
		__u32 at = bucket_of(h, choice, flow_buckets);
		struct bucket *bucket = bpf_map_lookup_elem(&flows, &at);
		if (!bucket)
			return 0;
#pragma unroll
		for (int i = 0; i < FLOWS_A_BUCKET; i++) {
			if (bucket->flows[i].hash)
				continue;
			set_found(found, bucket, at, i, h);
			return 1;
		}
	}
	return 0;
}

/* The port stays as it is. */
INLINE int add_flow(const union address *remote, __u64 key, __u32 said, __u64 last_ns, struct found_flow *added)
{
	if (!find_free(flow_hash(remote, key), added))
		return 0;
	struct flow *flow = added->flow;
	if (__sync_val_compare_and_swap(&flow->hash, 0, CLAIMED))
		return 0;
	flow->remote = *remote;
	flow->tuple = key | (key >> 48) << TUPLE_BECOMES_SHIFT;
	flow->last_ns = last_ns;
	flow->frames = 0;
	flow->taken = 0;
	flow->session = UNADOPTED;
	flow->said = said;
	__sync_lock_test_and_set(&flow->hash, added->hash);
	return 1;
}

/* Is what this frame begins open from here on, by these flows? */
INLINE int open_flow(const struct plain *f, int ipv6, enum direction direction, __u64 now_ns, struct found_flow *opened)
{
	__u16 local = f->ports[direction == OUTWARD ? 0 : 1], remote = f->ports[direction == OUTWARD ? 1 : 0];
	__u64 back = tuple(local, remote, f->protocol, ipv6, direction == OUTWARD ? INWARD : OUTWARD);
	__u32 awaits = direction == OUTWARD && f->protocol == TCP ? AWAITS_ANSWER : 0;
	struct found_flow answers = {};
	if (f->protocol == UDP && remote == SWAP16(DHCP_SERVER)) /* what its clients say is looked at */
		return 0;
	if (!may_open(f, ipv6, direction) || find_carried(&f->remote, back, &answers))
		return 0;
	if (!add_flow(&f->remote, back, awaits, 0, &answers))
		return 0;
	if (!add_flow(&f->remote, f->tuple, OPENED, now_ns, opened)) {
		__sync_val_compare_and_swap(&answers.flow->hash, answers.hash, 0);
		return 0;
	}
	*bits_of(f, local, ipv6) |= IN_SESSION;
	note(opened->place);
	return 1;
}
