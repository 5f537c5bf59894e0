// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * restorer, at the egress of an uplink, first in order. Takes the carrier word
 * apart again: the priority into skb->priority, the launch time into
 * skb->tstamp in the clock that this uplink's qdisc wants. Packets without a
 * word are left alone. It drops nothing.
 */
#include "kernel.h"
#include "carrier.h"
#include "clocks.h"
#include "tables.h"

TABLE(uplinks, struct uplink, UPLINK_SLOTS);
COUNTERS(uplink_counters, struct uplink_counters, UPLINK_SLOTS);

/*
 * A word is made at a border between namespaces, so no socket of the uplink's
 * own namespace can have one: a host process made it up. A pod's socket may
 * still be there, behind bpf_redirect_neigh for one.
 */
static __always_inline int from_own_namespace(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	struct sock *sk = skb->sk;

	return sk && sk->__sk_common.skc_net.net == skb->dev->nd_net.net;
}

static __always_inline __u64 tai_minus_monotonic(void)
{
	const struct clocks *now = read_clocks();

	return now ? now->tai_ns - now->monotonic_ns : 0;
}

/* The launch time of WORD in the uplink's clock, 0 for none. */
static __always_inline __u64 launch_time(__u64 word, __u32 wanted, struct uplink_counters *count)
{
	enum carrier_clock clock = carrier_clock(word);
	__u64 time_ns = carrier_time(word);

	if (clock == CARRIER_NONE)
		return 0;
	if (clock == CARRIER_PACING)
		return wanted == UPLINK_MONOTONIC ? time_ns : 0;
	if (wanted == UPLINK_NONE) {
		count->untimed++;
		return 0;
	}
	if (wanted == UPLINK_TAI && clock == CARRIER_MONOTONIC) {
		count->converted++;
		return time_ns + tai_minus_monotonic();
	}
	if (wanted == UPLINK_MONOTONIC && clock == CARRIER_TAI) {
		count->converted++;
		return time_ns - tai_minus_monotonic();
	}
	return time_ns;
}

SEC("tc")
int restorer(struct __sk_buff *ctx)
{
	__u64 word = ctx->tstamp;
	struct uplink_counters *count;
	const struct uplink *uplink;
	__u64 time_ns;
	__u32 slot;

	if (!carrier_marked(word))
		return TCX_NEXT;
	slot = find_slot(uplinks, UPLINK_SLOTS, ctx->ifindex);
	count = bpf_map_lookup_elem(&uplink_counters, &slot);
	if (!count || slot >= UPLINK_SLOTS) {
		clear_tstamp(ctx);
		return TCX_NEXT;
	}
	uplink = &uplinks[slot];
	if (from_own_namespace(ctx)) {
		count->forged++;
		clear_tstamp(ctx);
		return TCX_NEXT;
	}

	ctx->priority = carrier_priority(word);
	count->restored++;
	if (uplink->stacked)
		return TCX_NEXT;
	time_ns = launch_time(word, uplink->clock, count);
	if (time_ns == 0)
		ctx->tstamp = 0;
	else if (set_tstamp(ctx, time_ns, uplink->clock == UPLINK_TAI ? TSTAMP_TAI : TSTAMP_MONOTONIC))
		clear_tstamp(ctx);
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
