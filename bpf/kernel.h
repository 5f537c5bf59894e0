/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What these programs read of the running kernel's own structures, by CO-RE. */
#ifndef TSNCTL_KERNEL_H
#define TSNCTL_KERNEL_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCX_NEXT -1		/* linux/bpf.h since 6.6; TC_ACT_UNSPEC for cls_bpf */

/* skb->tstamp_type, include/linux/skbuff.h. Type 0 is a receive stamp. */
#define TSTAMP_NONE		0
#define TSTAMP_MONOTONIC	1
#define TSTAMP_TAI		2	/* since 6.11 */

#define TCP_NEW_SYN_RECV	12	/* include/net/tcp_states.h */
#define TCP_TIME_WAIT		6

#define __kernel_layout __attribute__((preserve_access_index))

struct net {
	int ifindex;
} __kernel_layout;

typedef struct {
	struct net *net;
} __kernel_layout possible_net_t;

struct sock_common {
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct sock *skc_listener;	/* in a union: the verifier takes it for a number */
} __kernel_layout;

struct sock {
	struct sock_common __sk_common;
	__u32 sk_priority;
	__u16 sk_protocol;
} __kernel_layout;

struct net_device {
	possible_net_t nd_net;
} __kernel_layout;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
} __kernel_layout;

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
extern void *bpf_rdonly_cast(const void *pointer, __u32 btf_id) __ksym;

#define read_as(type, pointer) \
	((type *)bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(type)))

static __always_inline int is_ip(const struct __sk_buff *ctx)
{
	return ctx->protocol == bpf_htons(ETH_P_IP) || ctx->protocol == bpf_htons(ETH_P_IPV6);
}

/*
 * A program that reads tstamp_type sees and stores tstamp as it is; otherwise
 * the kernel shows it no delivery times. So a store in place will do where the
 * packet has the right type already. The helper costs a call and takes IP only.
 */
static __always_inline int set_tstamp(struct __sk_buff *ctx, __u64 tstamp, __u32 type)
{
	if (ctx->tstamp_type != type)
		return bpf_skb_set_tstamp(ctx, tstamp, type);
	ctx->tstamp = tstamp;
	return 0;
}

static __always_inline void clear_tstamp(struct __sk_buff *ctx)
{
	if (set_tstamp(ctx, 0, TSTAMP_NONE))
		ctx->tstamp = 0;
}

#endif /* TSNCTL_KERNEL_H */
