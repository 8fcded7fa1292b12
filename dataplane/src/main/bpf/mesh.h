/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * A pod whose TCP goes through the proxy of a service mesh. The mesh's own rules are in the kernel's netfilter, which what is redirected here
 * never passes: so connections from outside stay with the pod's kernel, what the guest opens enters it by a device of its own (the gateway's,
 * MeshDevice.java), and what the proxy opens to the guest is taken at the loopback device, as that of other processes is.
 */
#pragma once
#include "packet.h"

#define MESH_WITH_PROBES 2 /* a kind */
#define MESH_DIRECT 1	/* connections from outside go straight to the guest */
#define MESH_RESERVED 2 /* the proxy's: never the guest's */

#define MESH_SOURCES 64

struct mesh_source {
	union address address, mask;
};

/* SteeringTables.java has the same. */
struct mesh {
	__u32 device; /* by which the guest's TCP enters the pod's kernel, 0: there is none */
	__u32 kind;   /* of the mesh; 0: new connections go as without one */
	union address guest_ipv4, guest_ipv6;
	__u8 ports[1 << 16]; /* of TCP */
	__u32 source_count;
	__u32 first_ipv6; /* of the sources; those before it are of IPv4 */
	struct mesh_source sources[MESH_SOURCES]; /* from where connections go straight to the guest */
};

struct mesh mesh;

/* A proxy that keeps the client's address (ztunnel) has connections to the guest from an address that is not the pod's. */
SEC("maps") struct bpf_map borrowed = {
	.type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct flow_key), .value_size = sizeof(union address), .max_entries = 8192};

#define BORROWED_MARK 0x77000000
#define BORROWED_MASK 0xff000000

INLINE int is_guests(const struct packet *p, const union address *a)
{
	return is_same(a, p->ipv6 ? &mesh.guest_ipv6 : &mesh.guest_ipv4);
}

/* What Envoy has its connections to the application come from: 127.0.0.6, or ::6. */
INLINE int is_passthrough(const struct packet *p, const union address *a)
{
	return p->ipv6 ? a->halves[0] == 0 && a->halves[1] == 6ULL << 56 : a->words[3] == 0x0600007f;
}

/* The kubelet's, which ambient has come from 169.254.7.127 or fd16:9254:7127:1337:ffff:ffff:ffff:ffff, and lets pass. */
INLINE int is_probe(const struct packet *p)
{
	if (mesh.kind != MESH_WITH_PROBES)
		return 0;
	return p->ipv6 ? p->source.words[0] == 0x549216fd && p->source.words[1] == 0x37132771 && p->source.halves[1] == ~0ULL
		       : p->source.words[3] == 0x7f07fea9;
}

INLINE __u8 mesh_port(const struct packet *p)
{
	__u32 port = SWAP16(p->key.local_port);
	FORGET(port);
	return mesh.ports[port & (sizeof(mesh.ports) - 1)];
}

INLINE int is_direct_source(const struct packet *p)
{
	__u32 first = p->ipv6 ? mesh.first_ipv6 : 0, end = p->ipv6 ? mesh.source_count : mesh.first_ipv6;
	for (__u32 i = 0; i < MESH_SOURCES && i < end; i++) {
		if (i < first)
			continue;
		const struct mesh_source *source = &mesh.sources[i];
		if (!((p->source.halves[0] ^ source->address.halves[0]) & source->mask.halves[0])
		    && !((p->source.halves[1] ^ source->address.halves[1]) & source->mask.halves[1]))
			return 1;
	}
	return 0;
}

/* A new connection from outside, which the pod's kernel is to see. What belongs to one is known as the kernel's from its first answer on. */
INLINE int is_for_proxy(struct packet *p)
{
	__u8 flags;
	if (!mesh.kind || p->key.protocol != TCP || !load_flags(p, &flags) || !opens_connection(flags))
		return 0;
	__u8 port = mesh_port(p);
	return port & MESH_RESERVED || !(port & MESH_DIRECT || is_probe(p) || is_direct_source(p));
}

INLINE __u32 short_of(const union address *a)
{
	__u32 sum = ((a->words[0] * 31 + a->words[1]) * 31 + a->words[2]) * 31 + a->words[3];
	return sum * 0x9e3779b1 >> 8;
}

/* The address is too long for the mark that a packet has over the loopback device: 24 bits of it, and the ports, find it again. */
INLINE struct flow_key borrowed_key(const struct packet *p, __u32 shortened)
{
	struct flow_key key = {.local_port = p->key.local_port, .remote_port = p->key.remote_port, .protocol = TCP, .ipv6 = p->ipv6};
	key.remote.words[3] = shortened;
	return key;
}

INLINE void note_borrowed(const struct packet *p)
{
	struct flow_key key = borrowed_key(p, short_of(&p->source));
	union address *known = bpf_map_lookup_elem(&borrowed, &key);
	if (!known || !is_same(known, &p->source))
		bpf_map_update_elem(&borrowed, &key, &p->source, BPF_ANY);
}

/* An answer of the guest to such a connection: the mark that it travels under; 0: it is none. */
INLINE __u32 borrowed_mark(struct packet *p)
{
	if (p->protocol != TCP || !load(p, &p->transport, 4))
		return 0;
	key_ports(p, OUTWARD);
	__u32 shortened = short_of(&p->destination);
	struct flow_key key = borrowed_key(p, shortened);
	union address *known = bpf_map_lookup_elem(&borrowed, &key);
	return known && is_same(known, &p->destination) ? BORROWED_MARK | shortened : 0;
}
