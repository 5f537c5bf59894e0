/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a pod asks for, what its policy grants, and the word that says so. */
#ifndef TSNCTL_POLICY_H
#define TSNCTL_POLICY_H

#include "carrier.h"
#include "clocks.h"
#include "kernel.h"
#include "tables.h"

TABLE(policies, struct policy, POD_SLOTS);
TABLE(pods, struct pod, POD_SLOTS);
COUNTERS(pod_counters, struct pod_counters, POD_SLOTS);

struct request {
	__u32 priority;
	enum carrier_clock clock;
	__u64 time_ns;
};

static __always_inline const struct policy *policy_of(__u32 slot)
{
	return &policies[pods[slot & (POD_SLOTS - 1)].policy & (POD_SLOTS - 1)];
}

static __always_inline __u32 grant_priority(const struct policy *policy, struct pod_counters *count,
					    __u32 priority)
{
	__u32 granted;

	if (priority == 0)
		return 0;
	if (priority > CARRIER_PRIORITY_MAX) {
		count->unclassed++;
		return 0;
	}
	granted = policy->priorities >> (priority * 4) & CARRIER_PRIORITY_MAX;
	if (granted == 0)
		count->denied++;
	else if (granted != priority)
		count->remapped++;
	return granted;
}

/* TCP's pacing is its own affair: no policy, no horizon. */
static __always_inline enum carrier_clock grant_time(const struct policy *policy, struct pod_counters *count,
						     enum carrier_clock clock, __u64 time_ns)
{
	const struct clocks *now;
	__u64 now_ns;

	if (clock == CARRIER_NONE || clock == CARRIER_PACING)
		return clock;
	if (policy->horizon_ns == 0) {
		count->untimed++;
		return CARRIER_NONE;
	}
	now = read_clocks();
	if (!now || !carrier_holds(clock, time_ns)) {
		count->out_of_range++;
		return CARRIER_NONE;
	}
	now_ns = clock == CARRIER_TAI ? now->tai_ns : now->monotonic_ns;
	if (time_ns < now_ns) {
		count->late++;
	} else if (time_ns - now_ns > policy->horizon_ns) {
		count->past_horizon++;
		return CARRIER_NONE;
	}
	return clock;
}

/* A receive stamp is somebody else's. */
static __always_inline void clear_delivery_time(struct __sk_buff *ctx)
{
	if (ctx->tstamp_type != TSTAMP_NONE || carrier_marked(ctx->tstamp))
		clear_tstamp(ctx);
}

/*
 * Marks the packet with what its policy grants of the request. Nothing granted:
 * an ordinary packet. A packet with a delivery time has a type already.
 */
static __always_inline void mark(struct __sk_buff *ctx, __u32 slot, struct pod_counters *count,
				 struct request request)
{
	const struct policy *policy = policy_of(slot);
	__u32 priority = grant_priority(policy, count, request.priority);
	enum carrier_clock clock = grant_time(policy, count, request.clock, request.time_ns);
	__u64 time_ns = clock == CARRIER_NONE ? 0 : request.time_ns;
	__u32 type = ctx->tstamp_type;

	if (priority == 0 && clock == CARRIER_PACING)
		set_tstamp(ctx, time_ns, TSTAMP_MONOTONIC);
	else if (priority == 0 && clock == CARRIER_NONE)
		clear_delivery_time(ctx);
	else if (set_tstamp(ctx, carrier_pack(priority, clock, time_ns), type ?: TSTAMP_MONOTONIC) == 0)
		count->saved++;
}

#endif /* TSNCTL_POLICY_H */
