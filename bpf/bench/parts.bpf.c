// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What saver and restorer are made of, one part a program, so that
 * bench:dataplane can say where the nanoseconds go. All of them stand on one
 * hook at once; `helper` has to run before `store`.
 */
#include "../policy.h"

/* Uses a result, so that the compiler leaves nothing out. */
#define use(value) asm volatile("" : : "r"((__u64)(value)))

/* What the packet's socket asks for. */
SEC("tc")
int socket(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	struct sock *sk = skb->sk;

	if (sk)
		use(sk->__sk_common.skc_state + sk->sk_priority + sk->sk_protocol);
	return TCX_NEXT;
}

/* Who the pod is. The table is empty; nobody marks these packets, and index 0 is found at once. */
SEC("tc")
int slot(struct __sk_buff *ctx)
{
	use(slot_in_pods(ctx->mark));
	return TCX_NEXT;
}

/* What it may do. */
SEC("tc")
int policy(struct __sk_buff *ctx)
{
	use(policy_of(ctx->ifindex)->priorities);
	return TCX_NEXT;
}

/* One more. */
SEC("tc")
int count(struct __sk_buff *ctx)
{
	__u32 row = ctx->ifindex;
	struct pod_counters *count = bpf_map_lookup_elem(&pod_counters, &row);

	if (count)
		count->saved[ctx->priority & (PRIORITIES - 1)]++;
	return TCX_NEXT;
}

/* The word into a packet without a delivery time, which takes the helper. */
SEC("tc")
int helper(struct __sk_buff *ctx)
{
	bpf_skb_set_tstamp(ctx, carrier_pack(6, CARRIER_NONE, 0), TSTAMP_MONOTONIC);
	return TCX_NEXT;
}

/* The word into a packet that has one already. */
SEC("tc")
int store(struct __sk_buff *ctx)
{
	if (ctx->tstamp_type == TSTAMP_MONOTONIC)
		ctx->tstamp = carrier_pack(6, CARRIER_NONE, 0);
	return TCX_NEXT;
}

/* The time: as of this tick, and anew. */
SEC("tc")
int tick(struct __sk_buff *ctx)
{
	const struct clocks *now = read_clocks();

	if (now)
		use(now->monotonic_ns);
	return TCX_NEXT;
}

SEC("tc")
int tai(struct __sk_buff *ctx)
{
	use(bpf_ktime_get_tai_ns());
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
