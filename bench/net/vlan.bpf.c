/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* A VLAN tag on and off at a device's clsact hook, where the kernel has no VLAN devices (8021q): for side-by-side --bridge --vlan. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

static long (*const vlan_push)(struct __sk_buff *skb, __u16 protocol, __u16 tci) = (void *)BPF_FUNC_skb_vlan_push;
static long (*const vlan_pop)(struct __sk_buff *skb) = (void *)BPF_FUNC_skb_vlan_pop;

#define DOT1Q __builtin_bswap16(0x8100)
#define VLAN 100

__attribute__((section("on"), used)) int tag_on(struct __sk_buff *skb)
{
	return vlan_push(skb, DOT1Q, VLAN) ? TC_ACT_SHOT : TC_ACT_OK;
}

__attribute__((section("off"), used)) int tag_off(struct __sk_buff *skb)
{
	return !skb->vlan_present || (skb->vlan_tci & 0xfff) != VLAN || vlan_pop(skb) ? TC_ACT_SHOT : TC_ACT_OK;
}

char licence[] __attribute__((section("license"), used)) = "GPL";
