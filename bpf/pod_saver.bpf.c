// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pod_saver, pod mode: at the egress of the pod's own interface, loaded once
 * for each pod. Here the packet still has all that it was sent with, also a
 * priority of its own by control message. The policy is the gate's affair.
 */
#include "policy.h"

/* The pod's place in the tables. Set before load. */
const volatile __u32 pod_slot;

/* Where UDP's launch times have no type, MONOTONIC is the one below nine years. */
#define MONOTONIC_BITS 58

static __always_inline int is_tcp_socket(struct __sk_buff *ctx)
{
	struct bpf_sock *sk = ctx->sk;

	sk = sk ? bpf_sk_fullsock(sk) : 0;
	return !sk || sk->protocol == IPPROTO_TCP;
}

static __always_inline enum carrier_clock clock_of(struct __sk_buff *ctx, __u64 time_ns, __u32 type)
{
	if (time_ns == 0)
		return CARRIER_NONE;
	if (type == TSTAMP_MONOTONIC && is_tcp_socket(ctx))
		return CARRIER_PACING;
	if (typed_clocks())
		return type == TSTAMP_TAI ? CARRIER_TAI : type == TSTAMP_MONOTONIC ? CARRIER_MONOTONIC : CARRIER_NONE;
	return time_ns >> MONOTONIC_BITS ? CARRIER_TAI : CARRIER_MONOTONIC;
}

SEC("tc")
int pod_saver(struct __sk_buff *ctx)
{
	__u64 time_ns = ctx->tstamp;
	__u32 priority = ctx->priority;
	int forged = carrier_marked(time_ns);
	enum carrier_clock clock = forged ? CARRIER_NONE : clock_of(ctx, time_ns, ctx->tstamp_type);
	__u32 slot = pod_slot;
	struct pod_counters *count;

	if (priority == 0 && !forged && (clock == CARRIER_NONE || clock == CARRIER_PACING))
		return TCX_NEXT;
	count = bpf_map_lookup_elem(&pod_counters, &slot);
	if (!count)
		return TCX_NEXT;
	if (forged)
		count->forged++;
	if (!is_ip(ctx)) {
		count->not_ip++;
		if (forged)
			clear_tstamp(ctx);
		return TCX_NEXT;
	}
	if (priority > CARRIER_PRIORITY_MAX) {
		count->unclassed++;
		priority = 0;
	}
	if (clock != CARRIER_NONE && !carrier_holds(clock, time_ns)) {
		count->out_of_range++;
		clock = CARRIER_NONE;
	}
	if (priority == 0 && clock == CARRIER_NONE)
		clear_tstamp(ctx);
	else if (priority != 0 || clock != CARRIER_PACING)
		set_tstamp(ctx, carrier_pack(priority, clock, clock == CARRIER_NONE ? 0 : time_ns),
			   TSTAMP_MONOTONIC);
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
