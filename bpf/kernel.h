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

/*
 * These programs run once in thousands of the kernel's instructions, so what
 * they cost is the cache lines that they fetch, their own text included. What
 * happens rarely stands in a function of its own, away from the straight path.
 */
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define __rare static __noinline __attribute__((unused))

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

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;
extern void *bpf_rdonly_cast(const void *pointer, __u32 btf_id) __ksym __weak;

#define read_as(type, pointer) \
	((type *)bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(type)))

/*
 * What the running kernel can do, found in its BTF. Settled at load: the
 * verifier takes these for constants and leaves out what they rule out.
 */
enum skb_tstamp_type { SKB_CLOCK_TAI = 2 };
enum special_kfunc_type { KF_bpf_cast_to_kern_ctx };

/* tstamp_type says which clock; before 6.11 it says MONOTONIC or nothing, and UDP's times have none. */
#define typed_clocks() bpf_core_type_exists(enum skb_tstamp_type)
/* bpf_cast_to_kern_ctx, since 6.2. */
#define can_cast() bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_cast_to_kern_ctx)
/* bpf_ktime_get_tai_ns, since 6.1. */
#define can_read_tai() bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ktime_get_tai_ns)

static __always_inline int is_ip(const struct __sk_buff *ctx)
{
	return ctx->protocol == bpf_htons(ETH_P_IP) || ctx->protocol == bpf_htons(ETH_P_IPV6);
}

/*
 * A program that reads tstamp_type sees and stores tstamp as it is; otherwise
 * the kernel shows it no delivery times. So a store in place will do where the
 * packet has the right type already, or the kernel has no type for it. The
 * helper costs a call and takes IP only.
 */
static __always_inline int set_tstamp(struct __sk_buff *ctx, __u64 tstamp, __u32 type)
{
	if (ctx->tstamp_type != type && (typed_clocks() || type != TSTAMP_TAI))
		return bpf_skb_set_tstamp(ctx, tstamp, type);
	ctx->tstamp = tstamp;
	return 0;
}

static __always_inline void clear_tstamp(struct __sk_buff *ctx)
{
	if (set_tstamp(ctx, 0, TSTAMP_NONE))
		ctx->tstamp = 0;
}

/* The packet's socket lives in the namespace of the device that it is on. */
static __always_inline int from_own_namespace(struct __sk_buff *ctx)
{
	struct sk_buff *skb;
	struct sock *sk;

	if (can_cast()) {
		skb = bpf_cast_to_kern_ctx(ctx);
		sk = skb->sk;
		return sk && sk->__sk_common.skc_net.net == skb->dev->nd_net.net;
	}
	skb = (void *)ctx;	/* which is what it is; read as memory of unknown type */
	sk = BPF_CORE_READ(skb, sk);
	return sk && BPF_CORE_READ(sk, __sk_common.skc_net.net) == BPF_CORE_READ(skb, dev, nd_net.net);
}

#endif /* TSNCTL_KERNEL_H */
