// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The host side of a pod's interface, ingress, first in order, wherever the
 * word is made before it, or must not be.
 *
 * strip: for every pod without a policy. An unprivileged process can set bit 62
 * of a launch time; without this program a restorer would take that for a word.
 *
 * gate: pod mode. The word comes from pod_saver, or from a pod that made it up:
 * the policy does not care, it grants no more either way.
 *
 * pass: nothing.
 */
#include "policy.h"

#define IPV4_PROTOCOL 9	/* offsets of the protocol in the network header */
#define IPV6_NEXTHDR 6

static __always_inline int is_tcp(struct __sk_buff *ctx)
{
	__u32 offset = ctx->protocol == bpf_htons(ETH_P_IP) ? IPV4_PROTOCOL : IPV6_NEXTHDR;
	__u8 protocol = 0;

	bpf_skb_load_bytes_relative(ctx, offset, &protocol, sizeof(protocol), BPF_HDR_START_NET);
	return protocol == IPPROTO_TCP;
}

SEC("tc")
int strip(struct __sk_buff *ctx)
{
	struct pod_counters *count;
	__u32 slot;

	if (!carrier_marked(ctx->tstamp))
		return TCX_NEXT;
	clear_tstamp(ctx);
	slot = slot_in_pods(ctx->ifindex);
	count = bpf_map_lookup_elem(&pod_counters, &slot);
	if (count)
		count->stripped++;
	return TCX_NEXT;
}

/*
 * What pod_saver has seen has a word, or is TCP's own pacing. A launch time
 * without a word came past it, which takes CAP_NET_RAW: it is judged here.
 */
SEC("tc")
int gate(struct __sk_buff *ctx)
{
	__u64 time_ns = ctx->tstamp;
	__u32 type = ctx->tstamp_type;
	int marked = carrier_marked(time_ns);
	enum carrier_clock clock = type;
	struct pod_counters *count;
	__u32 priority = 0;
	__u32 slot;

	if (!marked && (type == TSTAMP_NONE || time_ns == 0 || (is_ip(ctx) && is_tcp(ctx))))
		return TCX_NEXT;
	slot = slot_in_pods(ctx->ifindex);
	count = bpf_map_lookup_elem(&pod_counters, &slot);
	if (unlikely(!count))
		return clear_delivery_time(ctx);
	if (unlikely(!is_ip(ctx))) {
		/* Seen and counted by pod_saver, which leaves no word on it. */
		if (!marked)
			return policy_of(slot)->horizon_ns ? TCX_NEXT : clear_delivery_time(ctx);
		return leave(ctx, slot, count);
	}
	if (marked) {
		priority = carrier_priority(time_ns);
		clock = carrier_clock(time_ns);
		time_ns = carrier_time(time_ns);
		if (clock == CARRIER_PACING && !is_tcp(ctx))
			clock = CARRIER_MONOTONIC;
	}
	return mark(ctx, slot, count, type, priority, clock, time_ns);
}

/* Holds a place for the moment in which another link takes it over. */
SEC("tc")
int pass(struct __sk_buff *ctx)
{
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
