// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * restorer, at the egress of an uplink, first in order. Takes the carrier word
 * apart again: the priority into skb->priority, the launch time into
 * skb->tstamp in the clock that this uplink's qdisc wants. Packets without a
 * word are left alone. It drops nothing.
 */
#include "carrier.h"
#include "clocks.h"
#include "kernel.h"
#include "tables.h"

TABLE(uplinks, struct uplink, UPLINK_SLOTS);
COUNTERS(uplink_counters, struct uplink_counters, UPLINK_SLOTS);
DEFINE_PROBE(uplinks, UPLINK_SLOTS)

/* No word of ours, or nobody to restore it for: an ordinary packet. */
__rare int clear(struct __sk_buff *ctx)
{
	clear_tstamp(ctx);
	return TCX_NEXT;
}

/* TIME_NS of another clock than the uplink's, in the uplink's; 0 where it has none. */
__rare __u64 convert(struct uplink_counters *count, enum uplink_clock wanted, enum carrier_clock clock,
		     __u64 time_ns)
{
	const struct clocks *now;

	if (clock == CARRIER_PACING)
		return wanted == UPLINK_MONOTONIC ? time_ns : 0;
	if (wanted == UPLINK_NONE) {
		count->untimed++;
		return 0;
	}
	now = read_clocks();
	if (!now)
		return 0;
	count->converted++;
	time_ns -= clock == CARRIER_TAI ? now->tai_ns : now->monotonic_ns;
	return time_ns + (wanted == UPLINK_TAI ? now->tai_ns : now->monotonic_ns);
}

/*
 * A word is made at a border between namespaces, so no socket of the uplink's
 * own namespace can have one: a host process made it up. A pod's socket may
 * still be there, behind bpf_redirect_neigh for one.
 */
SEC("tc")
int restorer(struct __sk_buff *ctx)
{
	__u64 word = ctx->tstamp;
	enum carrier_clock clock = carrier_clock(word);
	struct uplink_counters *count;
	const struct uplink *uplink;
	__u32 priority, slot;
	__u64 time_ns;

	if (!carrier_marked(word))
		return TCX_NEXT;
	slot = slot_in_uplinks(ctx->ifindex);
	count = bpf_map_lookup_elem(&uplink_counters, &slot);
	if (unlikely(!count))
		return clear(ctx);
	if (unlikely(from_own_namespace(ctx))) {
		count->forged++;
		return clear(ctx);
	}
	uplink = &uplinks[slot & (UPLINK_SLOTS - 1)];
	priority = carrier_priority(word);
	ctx->priority = priority;
	count->restored[priority & (PRIORITIES - 1)]++;
	if (unlikely(uplink->stacked))
		return TCX_NEXT;
	if (clock == CARRIER_NONE) {
		ctx->tstamp = 0;
		return TCX_NEXT;
	}
	time_ns = carrier_time(word);
	if ((__u32)clock != (__u32)uplink->clock)
		time_ns = convert(count, uplink->clock, clock, time_ns);
	if (unlikely(time_ns == 0 || set_tstamp(ctx, time_ns, uplink->clock)))
		return clear(ctx);
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
