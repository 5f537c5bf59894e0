/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a pod asks for, what its policy grants, and the word that says so. */
#ifndef TSNCTL_POLICY_H
#define TSNCTL_POLICY_H

#include "carrier.h"
#include "clocks.h"
#include "kernel.h"
#include "tables.h"

TABLE(pods, struct pod, POD_SLOTS);
COUNTERS(pod_counters, struct pod_counters, POD_SLOTS);
DEFINE_PROBE(pods, POD_SLOTS)

static __always_inline const struct policy *policy_of(__u32 slot)
{
	const struct pod *pod = &pods[slot & (POD_SLOTS - 1)];

	return &pod->policy[pod->current & 1];
}

__rare __u32 count_refusal(struct pod_counters *count, __u32 priority, __u32 granted)
{
	if (priority > CARRIER_PRIORITY_MAX) {
		count->unclassed++;
		return 0;
	}
	if (granted == 0)
		count->denied++;
	else
		count->remapped++;
	return granted;
}

static __always_inline __u32 grant_priority(const struct policy *policy, struct pod_counters *count,
					    __u32 priority)
{
	__u32 granted = policy->priorities >> (priority % (CARRIER_PRIORITY_MAX + 1) * 4) & CARRIER_PRIORITY_MAX;

	return likely(granted == priority) ? granted : count_refusal(count, priority, granted);
}

/* Not a time from now to the horizon. */
__rare enum carrier_clock count_misfit(struct pod_counters *count, const struct policy *policy,
				       enum carrier_clock clock, __u64 time_ns, __u64 now_ns)
{
	if (policy->horizon_ns == 0) {
		count->untimed++;
		return CARRIER_NONE;
	}
	if (!carrier_holds(clock, time_ns)) {
		count->out_of_range++;
		return CARRIER_NONE;
	}
	if (time_ns >= now_ns) {
		count->past_horizon++;
		return CARRIER_NONE;
	}
	count->late++;
	return clock;
}

static __always_inline enum carrier_clock grant_time(const struct policy *policy, struct pod_counters *count,
						     enum carrier_clock clock, __u64 time_ns)
{
	const struct clocks *now = read_clocks();
	__u64 now_ns = !now ? 0 : clock == CARRIER_TAI ? now->tai_ns : now->monotonic_ns;

	if (likely(time_ns - now_ns < policy->horizon_ns && carrier_holds(clock, time_ns)))
		return clock;
	return count_misfit(count, policy, clock, time_ns, now_ns);
}

/* A receive stamp is somebody else's. */
__rare int clear_delivery_time(struct __sk_buff *ctx)
{
	if (ctx->tstamp_type != TSTAMP_NONE || carrier_marked(ctx->tstamp))
		clear_tstamp(ctx);
	return TCX_NEXT;
}

/* A frame that cannot be marked: it keeps a launch time of its own, if the policy grants any. */
__rare int leave(struct __sk_buff *ctx, __u32 slot, struct pod_counters *count)
{
	int forged = carrier_marked(ctx->tstamp);

	count->not_ip++;
	if (forged)
		count->forged++;
	if (forged || policy_of(slot)->horizon_ns == 0)
		clear_delivery_time(ctx);
	return TCX_NEXT;
}

/*
 * Marks the packet, whose tstamp has this type, with what its policy grants of
 * what is asked. Nothing granted: an ordinary packet. TCP's pacing is its own
 * affair: no policy, no horizon.
 */
static __always_inline int mark(struct __sk_buff *ctx, __u32 slot, struct pod_counters *count, __u32 type,
				__u32 priority, enum carrier_clock clock, __u64 time_ns)
{
	const struct policy *policy = policy_of(slot);

	priority = grant_priority(policy, count, priority);
	if (clock == CARRIER_NONE) {
		time_ns = 0;
	} else if (clock != CARRIER_PACING) {
		clock = grant_time(policy, count, clock, time_ns);
		if (unlikely(clock == CARRIER_NONE))
			time_ns = 0;
	} else if (priority == 0) {
		set_tstamp(ctx, time_ns, TSTAMP_MONOTONIC);
		return TCX_NEXT;
	}
	if (unlikely(priority == 0 && clock == CARRIER_NONE))
		return clear_delivery_time(ctx);
	count->saved[priority & (PRIORITIES - 1)]++;
	if (type == TSTAMP_NONE)
		bpf_skb_set_tstamp(ctx, carrier_pack(priority, clock, time_ns), TSTAMP_MONOTONIC);
	else
		ctx->tstamp = carrier_pack(priority, clock, time_ns);
	return TCX_NEXT;
}

#endif /* TSNCTL_POLICY_H */
