/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* Who of guest and pod has a port, and what the pod's kernel has of a flow. SteeringTables.java writes both, and says more. */
#pragma once
#include "packet.h"

#define TCP_LISTEN 10

/* Who has a port: a region for each family, in it one for each kind of number. SteeringTables.java has the same. */
#define TCP_AT 0
#define UDP_AT (1 << 16)
#define ICMP_AT (2 << 16) /* echo identifiers of the guest's own queries */
#define PING_AT (3 << 16)
#define OTHERS_AT (PING_AT + 1)
#define FAMILY_SHIFT 18
#define OURS 1
#define IN_SESSION 2
#define OPEN 4
#define ELSEWHERE 8 /* what the guest opens from this number has another outside, or the number is another's */
#define STEERED (OURS | IN_SESSION | OPEN)
__u8 steered[2 << FAMILY_SHIFT];

/* What the pod's kernel has of a flow. */
enum { PLAIN = 1, /* the pod's under its own port */
       MOVED,	  /* the pod's, but it is seen outside under the other port: this one is the guest's */
       ALIAS,	  /* what of the pod's is seen outside under this port has the other one */
       ASKED };	  /* the pod has sent on it, and the daemon is to say which of the above it is */

struct pod_flow {
	__u8 kind;
	__u8 zero;
	__u16 other_port;
};

SEC("maps") struct bpf_map pod_flows = {
	.type = BPF_MAP_TYPE_LRU_HASH, .key_size = sizeof(struct flow_key), .value_size = sizeof(struct pod_flow), .max_entries = 8192};

/* The state of the TCP socket in this namespace that gets what comes from the tuple's source, or 0: there is none. */
INLINE __u32 tcp_socket_of(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 size)
{
	struct bpf_sock *socket = bpf_skc_lookup_tcp(skb, tuple, size, BPF_F_CURRENT_NETNS, 0);
	if (!socket)
		return 0;
	__u32 state = socket->state;
	bpf_sk_release(socket);
	return state;
}
