/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* ICMP errors about what clients have with Services, and those that clients get where there is no endpoint. Part of service.bpf.c. */
#pragma once

struct error {
	union address source;
	union address destination;
	__u32 icmp_at;
	__u32 quoted_at; /* the IP header of the packet that it is about */
};

/* From then on the packet is the quoted one. */
INLINE int read_quoted(struct packet *p, struct error *e)
{
	e->source = p->source;
	e->destination = p->destination;
	e->icmp_at = p->at;
	p->at += 8;
	e->quoted_at = p->at;
	return read_ip(p, 1) == WHOLE_OR_FIRST && (p->protocol == TCP || p->protocol == UDP || p->protocol == SCTP)
	       && load(p, &p->transport, 4);
}

INLINE __u16 folded16(__u64 sum)
{
	__u32 folded = folded32(sum);
	folded = (folded & 0xffff) + (folded >> 16);
	return (folded & 0xffff) + (folded >> 16);
}

/* The checksum of the quoted packet, if the quotation goes so far and there is one: RFC 5508 4.2 has it as its sender has sent it. */
INLINE int repair_quoted(const struct packet *p, __u64 delta)
{
	__u16 sum;
	__u32 sum_at = p->at + (p->protocol == UDP ? 6 : 16);
	if (p->protocol == SCTP || bpf_skb_load_bytes(p->skb, sum_at, &sum, sizeof(sum)) || (p->protocol == UDP && !sum))
		return 0;
	__u16 after = ~folded16((__u16)~sum + delta);
	if (p->protocol == UDP && !after)
		after = 0xffff;
	return !bpf_skb_store_bytes(p->skb, sum_at, &after, sizeof(after), 0);
}

/*
 * The error's checksum is over the quoted packet. That one's own checksums keep their sums, of IPv4 that of the header; but its transport's is over
 * the addresses, too, which stand elsewhere.
 */
INLINE __u32 error_delta(const struct packet *p, const union address *from, const struct way *to, __u32 ports, int is_repaired)
{
	if (p->ipv6)
		return is_repaired ? 0 : folded32(exchanged(ports, from, &to->address));
	return is_repaired ? folded32(exchanged(0, &to->address, from)) : ports;
}

/* The quoted packet, and the error's own address where it is of the same station. 0: no memory. */
INLINE int rewrite_error(struct packet *p, const struct error *e, enum direction direction, const union address *from, const struct way *to)
{
	int is_source = direction == INWARD; /* of the quoted packet, which went the other way */
	__u16 before = is_source ? p->transport.ports.source : p->transport.ports.destination;
	__u32 addresses = folded32(exchanged(0, from, &to->address)), ports = (__u16)~before + to->port;
	int is_repaired = repair_quoted(p, (__u64)addresses + ports);
	__u32 delta = error_delta(p, from, to, ports, is_repaired);
	if (delta && bpf_l4_csum_replace(p->skb, e->icmp_at + 2, 0, delta, 0))
		return 0;
	if (bpf_skb_store_bytes(p->skb, p->at + (is_source ? 0 : 2), &to->port, sizeof(__u16), 0)
	    || !store_address(p, e->quoted_at, is_source, from, &to->address))
		return 0;
	if (!is_same(direction == INWARD ? &e->destination : &e->source, from))
		return 1; /* a router's */
	if (p->ipv6) {
		if (bpf_l4_csum_replace(p->skb, e->icmp_at + 2, 0, addresses, BPF_F_PSEUDO_HDR))
			return 0;
		bpf_csum_update(p->skb, addresses);
	}
	return store_address(p, ETH_HEADER, direction == OUTWARD, from, &to->address);
}

/* Inward it is about what an endpoint has sent to a client, outward about what a client has. */
INLINE int translate_error(struct packet *p, enum direction direction)
{
	struct error error, *e = &error;
	if (!read_quoted(p, e))
		return NEXT;
	struct way_key key = key_of(p, direction == INWARD ? OUTWARD : INWARD);
	key.answers = direction == OUTWARD;
	union address from = key.local;
	struct way *found = find_way(&key);
	if (!found || (direction == INWARD && !is_same(&e->destination, &from)))
		return NEXT;
	struct way to = *found;
	return rewrite_error(p, e, direction, &from, &to) ? NEXT : drop(NOT_TRANSLATED);
}

/*
 * ICMP port unreachable, as kube-proxy has it: the datagram goes to an address of the node's and a port that nobody can have, so that its kernel says
 * it, as often as it is to. That error is translated on its way out.
 */
INLINE int refuse_by_kernel(struct packet *p, const struct way_key *key, __u32 id)
{
	struct way way = {.address = p->ipv6 ? node.refuser_ipv6 : node.refuser_ipv4, .id = id};
	if (p->protocol != UDP || !way.address.halves[1])
		return TC_DROP;
	struct way_key back_key = *key;
	back_key.local = way.address;
	back_key.local_port = 0;
	back_key.answers = 1;
	struct way back = {.address = p->destination, .port = p->transport.ports.destination, .id = id};
	bpf_map_update_elem(&opening, &back_key, &back, BPF_ANY);
	return send_on(p, INWARD, &way);
}
