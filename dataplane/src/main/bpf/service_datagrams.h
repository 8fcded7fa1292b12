/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* What becomes of packets between clients and endpoints, whole or in fragments. Part of service.bpf.c. */
#pragma once

/* A datagram in fragments: what the first of them says holds for the others, which have no ports. */
struct datagram_key {
	union address source;
	union address destination;
	__u32 id;
	__u8 protocol;
	__u8 zero[3];
};

SEC("maps") struct bpf_map datagrams = { /* that are on their way at a time: what the translated address becomes */
	.type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct datagram_key), .value_size = sizeof(union address), .max_entries = 8192};

INLINE struct datagram_key datagram_key(const struct packet *p)
{
	struct datagram_key key = {
		.source = p->source, .destination = p->destination, .id = p->datagram.datagram_id, .protocol = p->protocol};
	return key;
}

INLINE const union address *translated(const struct packet *p, enum direction direction)
{
	return direction == INWARD ? &p->destination : &p->source;
}

/* The other end of the way is known. */
INLINE int send_on(struct packet *p, enum direction direction, const struct way *way)
{
	if (p->is_fragment) {
		struct datagram_key key = datagram_key(p);
		union address becomes = way->address;
		bpf_map_update_elem(&datagrams, &key, &becomes, BPF_ANY);
	}
	return translate(p, direction, translated(p, direction), way) ? NEXT : drop(NOT_TRANSLATED);
}

/* One whose first has not come yet: nobody has a use for it where the address is only a Service's. */
INLINE int translate_later(struct packet *p, enum direction direction)
{
	struct datagram_key key = datagram_key(p);
	union address *found = bpf_map_lookup_elem(&datagrams, &key);
	if (!found)
		return direction == INWARD && is_of_service(&p->destination) ? drop(NO_FIRST_FRAGMENT) : NEXT;
	union address becomes = *found;
	const union address *from = translated(p, direction);
	if (p->ipv6)
		bpf_csum_update(p->skb, folded32(exchanged(0, from, &becomes)));
	return store_address(p, ETH_HEADER, direction == OUTWARD, from, &becomes) ? NEXT : drop(NOT_TRANSLATED);
}
