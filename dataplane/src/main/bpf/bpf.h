/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * What programs need beside linux/bpf.h: helpers by their numbers there, and how the loader (BpfObject) takes an object file.
 *
 * A map is a struct bpf_map in section "maps", by its name. Data in .rodata are constants of one load: the loader sets them by name, the verifier
 * knows them and leaves out the code that they rule out. Data in .bss are memory that the loader shares with its process. All functions
 * are inlined.
 */
#pragma once
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))
#define INLINE static __attribute__((always_inline)) inline

/* The compiler is to know nothing of this number any more. */
#define FORGET(number) __asm__ volatile("" : "+r"(number))

/* Shorts and words in the order of the network, for a machine whose own is the other one. */
#define SWAP16(x) __builtin_bswap16(x)

/* What a program returns to the hook that it is at. */
#define TC_DROP 2 /* TC_ACT_SHOT */

/* Of an attempt to send a frame on without the daemon. */
#define NOT_CARRIED -2

struct bpf_map {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 map_flags;
};

static void *(*const bpf_map_lookup_elem)(const void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const bpf_map_update_elem)(const void *map, const void *key, const void *value, __u64 flags) = (void *)BPF_FUNC_map_update_elem;
static long (*const bpf_map_delete_elem)(const void *map, const void *key) = (void *)BPF_FUNC_map_delete_elem;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;
static __u32 (*const bpf_get_smp_processor_id)(void) = (void *)BPF_FUNC_get_smp_processor_id;
static long (*const bpf_skb_load_bytes)(const struct __sk_buff *skb, __u32 at, void *to, __u32 length) = (void *)BPF_FUNC_skb_load_bytes;
static long (*const bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 at, const void *from, __u32 length, __u64 flags) = (void *)BPF_FUNC_skb_store_bytes;
static long (*const bpf_skb_vlan_push)(struct __sk_buff *skb, __u16 protocol, __u16 tag) = (void *)BPF_FUNC_skb_vlan_push;
static long (*const bpf_skb_vlan_pop)(struct __sk_buff *skb) = (void *)BPF_FUNC_skb_vlan_pop;
static long (*const bpf_skb_pull_data)(struct __sk_buff *skb, __u32 length) = (void *)BPF_FUNC_skb_pull_data;
static long (*const bpf_skb_change_type)(struct __sk_buff *skb, __u32 type) = (void *)BPF_FUNC_skb_change_type;
static __u64 (*const bpf_get_netns_cookie)(void *context) = (void *)BPF_FUNC_get_netns_cookie;
static __u64 (*const bpf_get_socket_cookie)(void *context) = (void *)BPF_FUNC_get_socket_cookie;
static long (*const bpf_set_retval)(int value) = (void *)BPF_FUNC_set_retval;
static __u32 (*const bpf_get_prandom_u32)(void) = (void *)BPF_FUNC_get_prandom_u32;
static long (*const bpf_l3_csum_replace)(struct __sk_buff *skb, __u32 at, __u64 from, __u64 to, __u64 flags) = (void *)BPF_FUNC_l3_csum_replace;
static long (*const bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 at, __u64 from, __u64 to, __u64 flags) = (void *)BPF_FUNC_l4_csum_replace;
static __s64 (*const bpf_csum_update)(struct __sk_buff *skb, __u32 sum) = (void *)BPF_FUNC_csum_update;
static long (*const bpf_redirect)(__u32 ifindex, __u64 flags) = (void *)BPF_FUNC_redirect;
static long (*const bpf_clone_redirect)(struct __sk_buff *skb, __u32 ifindex, __u64 flags) = (void *)BPF_FUNC_clone_redirect;
static long (*const bpf_redirect_peer)(__u32 ifindex, __u64 flags) = (void *)BPF_FUNC_redirect_peer;
static long (*const bpf_redirect_neigh)(__u32 ifindex, struct bpf_redir_neigh *next_hop, int length, __u64 flags) = (void *)BPF_FUNC_redirect_neigh;
static struct bpf_sock *(*const bpf_skc_lookup_tcp)(void *context, struct bpf_sock_tuple *tuple, __u32 size, __u64 netns, __u64 flags) = (void *)BPF_FUNC_skc_lookup_tcp;
static struct bpf_sock *(*const bpf_sk_lookup_udp)(void *context, struct bpf_sock_tuple *tuple, __u32 size, __u64 netns, __u64 flags) = (void *)BPF_FUNC_sk_lookup_udp;
static long (*const bpf_sk_release)(void *socket) = (void *)BPF_FUNC_sk_release;
