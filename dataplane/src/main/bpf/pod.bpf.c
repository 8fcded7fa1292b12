/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * The programs at a pod's devices: each packet gets one owner, the guest or the pod's own kernel. Steering.java says why, and writes the maps.
 */
#include "packet.h"

#define NEXT -1 /* TCX_NEXT: on to other programs and the stack */

#define HANDED_BACK_MARK 0x76647001
#define LOOPBACK_MARK 0x76647002
#define LOOPBACK_POD_MARK 0x76647003 /* and the destination is to be the pod's address again */

/* Constants of a pod: its addresses, all zero where it has none of the family; and its devices. */
const volatile __u8 has_ipv4, has_ipv6;
const volatile union address pod_ipv4, pod_ipv6;
const volatile __u32 uplink, tap, loopback;

#include "ports.h"
#include "carry.h"
#include "mesh.h"

enum { DATAGRAM_OURS = 1, DATAGRAM_PODS };

SEC("maps") struct bpf_map fragments = { /* datagrams that are on their way at a time */
	.type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct flow_key), .value_size = sizeof(__u32), .max_entries = 4096};

INLINE int set_family(struct packet *p)
{
	p->ipv6 = p->skb->protocol == ETH_IPV6;
	return p->ipv6 ? has_ipv6 : p->skb->protocol == ETH_IPV4 && has_ipv4;
}

INLINE int is_pod(const struct packet *p, const union address *a)
{
	return p->ipv6 ? a->halves[0] == pod_ipv6.halves[0] && a->halves[1] == pod_ipv6.halves[1]
		       : a->halves[1] == pod_ipv4.halves[1];
}

INLINE int is_loopback(const struct packet *p, const union address *a)
{
	return p->ipv6 ? a->halves[0] == 0 && a->halves[1] == 1ULL << 56 : a->words[3] == 0x0100007f;
}

INLINE __u32 port_slot(const struct packet *p)
{
	__u32 port = SWAP16(p->key.local_port);
	return p->key.protocol == TCP ? TCP_AT + port : p->key.protocol == UDP ? UDP_AT + port : OTHERS_AT;
}

INLINE __u8 owner(const struct packet *p, __u32 slot)
{
	__u32 at = slot | p->ipv6 << FAMILY_SHIFT;
	FORGET(at); /* verifiers before 6.18 forget the bound of a swapped number, which the compiler relies on */
	return steered[at & (sizeof(steered) - 1)] & STEERED;
}

INLINE struct pod_flow *find_flow(const struct packet *p)
{
	return bpf_map_lookup_elem(&pod_flows, &p->key);
}

INLINE void note_flow(const struct packet *p, __u8 kind)
{
	struct pod_flow flow = {.kind = kind};
	bpf_map_update_elem(&pod_flows, &p->key, &flow, BPF_ANY);
}

INLINE void note_datagram(const struct packet *p, __u32 whose)
{
	if (p->is_fragment)
		bpf_map_update_elem(&fragments, &p->datagram, &whose, BPF_ANY);
}

INLINE __u32 fill_tuple(const struct packet *p, struct bpf_sock_tuple *tuple)
{
	if (p->ipv6) {
		__builtin_memcpy(tuple->ipv6.saddr, &p->key.remote, 16);
		__builtin_memcpy(tuple->ipv6.daddr, &p->destination, 16);
		tuple->ipv6.sport = p->key.remote_port;
		tuple->ipv6.dport = p->key.local_port;
		return sizeof(tuple->ipv6);
	}
	tuple->ipv4.saddr = p->key.remote.words[3];
	tuple->ipv4.daddr = p->destination.words[3];
	tuple->ipv4.sport = p->key.remote_port;
	tuple->ipv4.dport = p->key.local_port;
	return sizeof(tuple->ipv4);
}

INLINE __u32 tcp_socket(struct packet *p)
{
	struct bpf_sock_tuple tuple = {};
	__u32 size = fill_tuple(p, &tuple);
	return tcp_socket_of(p->skb, &tuple, size);
}

INLINE int has_udp_socket(struct packet *p)
{
	struct bpf_sock_tuple tuple = {};
	__u32 size = fill_tuple(p, &tuple);
	struct bpf_sock *socket = bpf_sk_lookup_udp(p->skb, &tuple, size, BPF_F_CURRENT_NETNS, 0);
	if (!socket)
		return 0;
	bpf_sk_release(socket);
	return 1;
}

/* Changes the local port, or echo identifier, to the other one of its flow, with the checksum over it. */
INLINE void rewrite_port(struct packet *p, __u16 port, __u32 port_at, __u32 sum_at, __u64 flags)
{
	bpf_l4_csum_replace(p->skb, sum_at, p->key.local_port, port, sizeof(port) | flags);
	bpf_skb_store_bytes(p->skb, port_at, &port, sizeof(port), 0);
}

INLINE void rewrite(struct packet *p, __u16 port, enum direction direction)
{
	__u32 port_at = p->at + (direction == INWARD ? 2 : 0);
	if (p->key.protocol == TCP)
		rewrite_port(p, port, port_at, p->at + 16, 0);
	else if (p->key.protocol == UDP)
		rewrite_port(p, port, port_at, p->at + 6, BPF_F_MARK_MANGLED_0);
	else
		rewrite_port(p, port, p->at + 4, p->at + 2, 0);
}

/* What comes to the other port gets the pod's own; an error about it quotes the pod's own. */
INLINE void rewrite_inward(struct packet *p, __u16 port)
{
	int is_query = p->key.protocol == ICMP || p->key.protocol == ICMPV6;
	if (p->icmp_sum_at)
		rewrite_port(p, port, p->at + (is_query ? 4 : 0), p->icmp_sum_at, 0);
	else
		rewrite(p, port, INWARD);
}

enum kind { OTHER, PORTS, QUERY, REPLY, ERROR, UNREADABLE };

INLINE enum kind icmp_kind(const struct packet *p)
{
	__u8 type = p->transport.icmp.type;
	if (p->ipv6)
		return type == 128 ? QUERY : type == 129 ? REPLY : type >= 1 && type <= 4 ? ERROR : OTHER;
	return type == 8 || type == 13 ? QUERY : type == 0 || type == 14 ? REPLY : type == 3 || type == 11 || type == 12 ? ERROR : OTHER;
}

/* Reads the transport header as far as it is the same for all of its kind. */
INLINE enum kind read_transport(struct packet *p, int *is_icmp)
{
	*is_icmp = p->protocol == (p->ipv6 ? ICMPV6 : ICMP);
	if (*is_icmp)
		return load(p, &p->transport, 8) ? icmp_kind(p) : UNREADABLE;
	if (!has_ports(p->protocol))
		return OTHER;
	return load(p, &p->transport, 4) ? PORTS : UNREADABLE;
}

INLINE __u32 key_identifier(struct packet *p)
{
	p->key.local_port = p->transport.icmp.identifier;
	p->key.remote_port = 0;
	return ICMP_AT + SWAP16(p->key.local_port);
}

/* An ICMP error belongs to whom the packet inside it belongs to: its source is the pod. Where its number is steered, or 0. */
INLINE int read_quoted(struct packet *p, __u32 *slot)
{
	p->icmp_sum_at = p->at + 2;
	p->at += 8;
	union address destination = p->destination;
	if (read_ip(p, 1) != WHOLE_OR_FIRST || !is_pod(p, &p->source))
		return 0;
	key_address(p, OUTWARD);
	p->destination = destination;
	if (!load(p, &p->transport, 8))
		return 0;
	if (p->protocol == ICMP || p->protocol == ICMPV6) {
		*slot = key_identifier(p);
		return 1;
	}
	if (has_ports(p->protocol))
		key_ports(p, OUTWARD);
	*slot = port_slot(p);
	return 1;
}

INLINE int leave(const struct packet *p)
{
	note_datagram(p, DATAGRAM_PODS);
	return NEXT;
}

INLINE int take(const struct packet *p)
{
	note_datagram(p, DATAGRAM_OURS);
	return bpf_redirect(tap, 0);
}

/* A port that is steered is the guest's, but for what one of the pod's sockets has. */
INLINE int decide_by_port(struct packet *p, __u32 slot)
{
	if (!owner(p, slot))
		return leave(p);
	if (p->icmp_sum_at || p->key.protocol != TCP)
		return take(p);
	/* A connection that the pod had before we came, or that was silent for long, is known by its socket. */
	__u32 state = tcp_socket(p);
	return state == 0 || state == TCP_LISTEN ? take(p) : leave(p);
}

INLINE int decide_by_flow(struct packet *p, __u32 slot)
{
	struct pod_flow *flow = find_flow(p);
	if (!flow)
		return decide_by_port(p, slot);
	if (flow->kind == MOVED || flow->kind == ASKED)
		/* The pod has sent on this flow, but not by this port: what comes here is the guest's, or nobody's. The pod's socket would
		   take it for its own. */
		return owner(p, slot) ? take(p) : TC_DROP;
	if (flow->kind == ALIAS)
		rewrite_inward(p, flow->other_port);
	return leave(p);
}

/* Ports are not in a later fragment: it follows the first of its datagram. Where that has not come yet both sides may need it, and
   neither answers one that it cannot use. */
INLINE int later_fragment(struct packet *p)
{
	__u32 *whose = bpf_map_lookup_elem(&fragments, &p->datagram);
	if (!whose) {
		bpf_clone_redirect(p->skb, tap, 0);
		return NEXT;
	}
	return *whose == DATAGRAM_OURS ? bpf_redirect(tap, 0) : NEXT;
}

/* What arrives at the pod's device: the guest's is taken to our tap. */
SEC("tc/ingress") int vdp_ingress(struct __sk_buff *skb)
{
	struct packet packet = {.skb = skb, .at = ETH_HEADER}, *p = &packet;
	if (skb->mark == HANDED_BACK_MARK) {
		skb->mark = 0; /* the kernel is to see it as it was */
		return NEXT;
	}
	/* IP for another station, or unicast IP in a broadcast frame (RFC 1122 3.3.6, RFC 1812 5.3.4): the kernel sees to it that nobody
	   gets it. */
	if (skb->pkt_type != PACKET_HOST || !set_family(p))
		return NEXT;
	int action = carry(skb, INWARD);
	if (action != NOT_CARRIED)
		return action;
	enum found found = read_ip(p, 0);
	if (found == NOT_READ || !is_pod(p, &p->destination) || is_pod(p, &p->source) || is_passthrough(p, &p->source))
		return NEXT;
	if (is_unattended(bpf_ktime_get_ns()))
		return NEXT;
	key_address(p, INWARD);
	if (found == LATER_FRAGMENT)
		return later_fragment(p);
	int is_icmp;
	__u32 slot;
	switch (read_transport(p, &is_icmp)) {
	case UNREADABLE:
		return NEXT;
	case PORTS:
		key_ports(p, INWARD);
		return is_for_proxy(p) ? leave(p) : decide_by_flow(p, port_slot(p));
	case QUERY:
		return decide_by_port(p, PING_AT);
	case REPLY:
		slot = key_identifier(p);
		return decide_by_flow(p, slot);
	case ERROR:
		return read_quoted(p, &slot) ? decide_by_flow(p, slot) : NEXT;
	default: /* neighbours, multicast groups: the kernel's */
		return is_icmp ? leave(p) : decide_by_flow(p, OTHERS_AT);
	}
}

/* The first packet of a flow of the pod's kernel: nobody has it yet, or the guest may have it. */
INLINE int begin_flow(struct packet *p, __u32 slot)
{
	if (p->key.protocol == TCP) {
		__u8 flags;
		/* A reset ends a flow, and the kernel may send one for a flow that never was its own. What does not open a connection is of
		   one that was there before us. */
		if (!load_flags(p, &flags) || flags & TCP_RST)
			return NEXT;
		if (!opens_connection(flags)) {
			note_flow(p, PLAIN);
			return NEXT;
		}
	}
	if (owner(p, slot) & IN_SESSION) {
		note_flow(p, ASKED);
		return bpf_redirect(tap, 0);
	}
	note_flow(p, PLAIN);
	return NEXT;
}

/*
 * What the pod's kernel sends itself: its flows are noted. A new one whose local port has a session of the guest goes to our tap: only
 * the daemon knows whether it is the very same flow.
 */
SEC("tc/egress") int vdp_egress(struct __sk_buff *skb)
{
	struct packet packet = {.skb = skb, .at = ETH_HEADER}, *p = &packet;
	if (skb->ingress_ifindex == tap || (carries && skb->ingress_ifindex == guest) || !set_family(p))
		return NEXT;
	enum found found = read_ip(p, 0);
	if (found == NOT_READ || is_unattended(bpf_ktime_get_ns()))
		return NEXT;
	/* What the guest sent to the mesh, and its rules have not taken, goes as without it. */
	if (mesh.device && skb->ingress_ifindex == mesh.device)
		return is_guests(p, &p->source) ? bpf_redirect(tap, 0) : NEXT;
	if (found != WHOLE_OR_FIRST || !is_pod(p, &p->source))
		return NEXT;
	key_address(p, OUTWARD);
	int is_icmp;
	__u32 slot = OTHERS_AT;
	switch (read_transport(p, &is_icmp)) {
	case PORTS:
		key_ports(p, OUTWARD);
		slot = port_slot(p);
		break;
	case QUERY:
		slot = key_identifier(p);
		break;
	case OTHER:
		if (!is_icmp)
			break;
		return NEXT;
	default:
		return NEXT;
	}
	struct pod_flow *flow = find_flow(p);
	if (!flow)
		return begin_flow(p, slot);
	if (flow->kind == MOVED)
		rewrite(p, flow->other_port, OUTWARD);
	return flow->kind == PLAIN || flow->kind == MOVED ? NEXT : bpf_redirect(tap, 0);
}

INLINE void store_destination(struct packet *p, const union address *a)
{
	/* Checksums are for the destination that the packet has in the end. */
	if (p->ipv6)
		bpf_skb_store_bytes(p->skb, ETH_HEADER + 24, a, 16, 0);
	else
		bpf_skb_store_bytes(p->skb, ETH_HEADER + 16, &a->words[3], 4, 0);
}

/*
 * What goes back over the loopback device needs a route that the kernel takes for its own, or it is a martian there, whatever sysctls
 * would say. The kernel makes one when it is asked to send to 127.0.0.1 by that device (bpf_redirect_neigh), and the route stays with the
 * packet. So a packet for the pod's own address travels as one for 127.0.0.1, and gets its destination back at the other side of the
 * device.
 */
INLINE int send_by_loopback(struct packet *p, __u32 mark)
{
	if (mark != LOOPBACK_MARK) {
		union address localhost = {};
		localhost.bytes[15] = 1;
		if (!p->ipv6)
			localhost.words[3] = 0x0100007f;
		store_destination(p, &localhost);
	}
	p->skb->mark = mark;
	bpf_skb_change_type(p->skb, PACKET_HOST); /* it came in by the tap, whose station it is not for */
	return bpf_redirect_neigh(loopback, 0, 0, 0);
}

/*
 * An unsolicited SYN to a port that only a session of the guest has is not refused by a kernel that does not listen there (RFC 5382
 * REQ-4).
 */
INLINE int is_silently_dropped(struct packet *p)
{
	__u8 flags;
	if (p->protocol != TCP || !load_flags(p, &flags) || !opens_connection(flags) || !load(p, &p->transport, 4))
		return 0;
	key_ports(p, INWARD);
	return owner(p, port_slot(p)) == IN_SESSION && tcp_socket(p) == 0;
}

/* To another address than the pod's own: of a proxy's connection, or by the pod's device. */
INLINE int send_out(struct packet *p, enum found found)
{
	if (!mesh.device)
		return bpf_redirect_neigh(uplink, 0, 0, 0);
	if (is_guests(p, &p->source))
		return bpf_redirect(mesh.device, BPF_F_INGRESS);
	if (is_guests(p, &p->destination))
		return TC_DROP; /* the guest is behind us, not there */
	if (is_passthrough(p, &p->destination))
		return send_by_loopback(p, LOOPBACK_MARK);
	__u32 mark = found == WHOLE_OR_FIRST ? borrowed_mark(p) : 0;
	return mark ? send_by_loopback(p, mark) : bpf_redirect_neigh(uplink, 0, 0, 0);
}

/* What we send: by the pod's device; or back to the pod's kernel as if it had come there; or to one of the pod's processes. */
SEC("tc/tap") int vdp_tap(struct __sk_buff *skb)
{
	struct packet packet = {.skb = skb, .at = ETH_HEADER}, *p = &packet;
	enum found found = set_family(p) ? read_ip(p, 0) : NOT_READ;
	if (found == NOT_READ)
		return bpf_redirect_neigh(uplink, 0, 0, 0);
	if (is_loopback(p, &p->destination))
		return send_by_loopback(p, LOOPBACK_MARK);
	if (!is_pod(p, &p->destination))
		return send_out(p, found);
	if (is_pod(p, &p->source))
		return send_by_loopback(p, LOOPBACK_POD_MARK);
	key_address(p, INWARD);
	if (found == WHOLE_OR_FIRST && is_silently_dropped(p))
		return TC_DROP;
	skb->mark = HANDED_BACK_MARK;
	return bpf_redirect(uplink, BPF_F_INGRESS);
}

INLINE int is_between_processes(const struct packet *p)
{
	return is_loopback(p, &p->source) ? is_loopback(p, &p->destination) : is_pod(p, &p->source) && is_pod(p, &p->destination);
}

INLINE int has_socket(struct packet *p)
{
	if (p->protocol == UDP)
		return has_udp_socket(p);
	__u32 state = tcp_socket(p);
	__u8 flags;
	if (state != TCP_LISTEN)
		return state != 0;
	/* Connections that the guest had before the pod began to listen go on. */
	return !load_flags(p, &flags) || opens_connection(flags);
}

/* The destination that an answer of the guest had before it travelled over the loopback device. */
INLINE void restore_destination(struct packet *p, __u32 mark)
{
	if (mark == LOOPBACK_POD_MARK) {
		union address pod = {};
		pod.halves[0] = p->ipv6 ? pod_ipv6.halves[0] : pod_ipv4.halves[0];
		pod.halves[1] = p->ipv6 ? pod_ipv6.halves[1] : pod_ipv4.halves[1];
		store_destination(p, &pod);
	} else if (mark != LOOPBACK_MARK) {
		if (read_ip(p, 0) != WHOLE_OR_FIRST || !load(p, &p->transport, 4))
			return;
		key_ports(p, OUTWARD);
		struct flow_key key = borrowed_key(p, mark & ~BORROWED_MASK);
		union address *known = bpf_map_lookup_elem(&borrowed, &key);
		if (known) {
			union address address = *known;
			store_destination(p, &address);
		}
	}
}

INLINE int is_ours(__u32 mark)
{
	return mark == LOOPBACK_MARK || mark == LOOPBACK_POD_MARK || (mesh.device && (mark & BORROWED_MASK) == BORROWED_MARK);
}

enum sender { OTHERS, PROCESS, PROXY, BORROWER };

/* Who sends to one of the pod's own addresses here. A proxy may do so from addresses that no other process has. */
INLINE enum sender sender(const struct packet *p)
{
	if (is_between_processes(p))
		return PROCESS;
	if (!mesh.device || p->protocol != TCP || is_loopback(p, &p->source) || is_pod(p, &p->source))
		return OTHERS;
	if (is_passthrough(p, &p->source))
		return is_pod(p, &p->destination) || is_loopback(p, &p->destination) ? PROXY : OTHERS;
	return is_pod(p, &p->destination) ? BORROWER : OTHERS;
}

/* What the pod's processes send one another: where the guest has the port open, and the pod has no socket for it, it is the guest's. */
SEC("tc/loopback") int vdp_loopback(struct __sk_buff *skb)
{
	struct packet packet = {.skb = skb, .at = ETH_HEADER}, *p = &packet;
	__u32 mark = skb->mark;
	int is_read = set_family(p);
	if (is_ours(mark)) {
		if (is_read)
			restore_destination(p, mark);
		skb->mark = 0;
		return NEXT;
	}
	if (!is_read || read_ip(p, 0) != WHOLE_OR_FIRST || p->is_fragment)
		return NEXT;
	enum sender from = sender(p);
	if (from == OTHERS)
		return NEXT;
	key_address(p, INWARD);
	if ((p->protocol != TCP && p->protocol != UDP) || !load(p, &p->transport, 4))
		return NEXT;
	key_ports(p, INWARD);
	if (!(owner(p, port_slot(p)) & OPEN) || is_unattended(bpf_ktime_get_ns()))
		return NEXT;
	if ((p->protocol == TCP && mesh_port(p) & MESH_RESERVED) || has_socket(p))
		return NEXT;
	if (from == BORROWER)
		note_borrowed(p);
	return bpf_redirect(tap, 0);
}

/* What the pod's kernel answers the guest, on the device by which the guest's TCP came in. Forwarded packets find no way to it here. */
SEC("tc/mesh") int vdp_mesh(struct __sk_buff *skb)
{
	struct packet packet = {.skb = skb, .at = ETH_HEADER}, *p = &packet;
	if (skb->ingress_ifindex || !set_family(p) || read_ip(p, 0) == NOT_READ || !is_guests(p, &p->destination))
		return TC_DROP;
	if (p->protocol != TCP && p->protocol != ICMP && p->protocol != ICMPV6)
		return TC_DROP;
	return bpf_redirect(tap, 0);
}

/* What the guest sends, where its frames may be carried: the others come to us by a tap of their own. Its own kernel gets none. */
SEC("tc/guest") int vdp_guest(struct __sk_buff *skb)
{
	int action = carry(skb, OUTWARD);
	return action == NOT_CARRIED ? bpf_redirect(guest_tap, 0) : action;
}

/* A guest's device whose frames we read by a packet socket, which sees them before: its own kernel gets none. */
SEC("tc/shield") int vdp_shield(struct __sk_buff *skb)
{
	return TC_DROP;
}
