// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * saver, at the host side of a pod's interface, ingress, first in order.
 *
 * The kernel has cleared skb->priority on the way here, but the packet still
 * has its socket, and since 6.11 its launch time. Both go into the carrier
 * word, as far as the pod's policy grants them. A word that the pod made up
 * never gets past this program. It drops nothing.
 */
#include "kernel.h"
#include "carrier.h"
#include "tables.h"

TABLE(policies, struct policy, POD_SLOTS);
TABLE(pods, struct pod, POD_SLOTS);
COUNTERS(pod_counters, struct pod_counters, POD_SLOTS);

struct request {
	__u32 priority;
	__u32 tcp;	/* TCP's timestamps are its own pacing */
};

/* As the kernel does: a SYN-ACK has its listener's priority. */
static __always_inline struct request requested(struct sock *sk)
{
	struct request request = {};
	unsigned char state;

	if (!sk)
		return request;
	state = sk->__sk_common.skc_state;
	if (state == TCP_NEW_SYN_RECV) {
		request.priority = read_as(struct sock, sk->__sk_common.skc_listener)->sk_priority;
		request.tcp = 1;
	} else if (state == TCP_TIME_WAIT) {
		request.tcp = 1;
	} else {
		request.priority = sk->sk_priority;
		request.tcp = sk->sk_protocol == IPPROTO_TCP;
	}
	return request;
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

static __always_inline enum carrier_clock grant_time(const struct policy *policy, struct pod_counters *count,
						     __u64 time_ns, __u32 type)
{
	enum carrier_clock clock = type == TSTAMP_TAI ? CARRIER_TAI : CARRIER_MONOTONIC;
	__u64 now_ns;

	if (policy->horizon_ns == 0) {
		count->untimed++;
		return CARRIER_NONE;
	}
	if (!carrier_holds(clock, time_ns)) {
		count->out_of_range++;
		return CARRIER_NONE;
	}
	/* A tick's precision will do for a horizon; there is no coarse TAI clock. */
	now_ns = clock == CARRIER_TAI ? bpf_ktime_get_tai_ns() : bpf_ktime_get_coarse_ns();
	if (time_ns < now_ns) {
		count->late++;
	} else if (time_ns - now_ns > policy->horizon_ns) {
		count->past_horizon++;
		return CARRIER_NONE;
	}
	return clock;
}

SEC("tc")
int saver(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	struct sock *sk = skb->sk;
	struct request request = requested(sk);
	__u64 time_ns = ctx->tstamp;
	__u32 type = ctx->tstamp_type;
	int forged = carrier_marked(time_ns);
	enum carrier_clock clock = CARRIER_NONE;
	struct pod_counters *count;
	struct policy *policy;
	struct pod *pod;
	__u32 slot, row, priority;

	if (request.priority == 0 && !forged && (type == TSTAMP_NONE || request.tcp))
		return TCX_NEXT;

	slot = find_slot(pods, POD_SLOTS, ctx->ifindex);
	pod = bpf_map_lookup_elem(&pods, &slot);
	count = bpf_map_lookup_elem(&pod_counters, &slot);
	if (!pod || !count)
		goto clear;
	row = pod->policy;
	policy = bpf_map_lookup_elem(&policies, &row);
	if (!policy)
		goto clear;

	if (forged)
		count->forged++;
	if (!is_ip(ctx)) {
		count->not_ip++;
		if (forged)
			goto clear;
		return TCX_NEXT;
	}

	priority = grant_priority(policy, count, request.priority);
	if (type != TSTAMP_NONE && sk && !forged)
		clock = request.tcp ? CARRIER_PACING : grant_time(policy, count, time_ns, type);
	if (priority == 0 && clock == CARRIER_PACING)
		return TCX_NEXT;
	if (priority == 0 && clock == CARRIER_NONE)
		goto clear;
	if (clock == CARRIER_NONE)
		time_ns = 0;
	if (set_tstamp(ctx, carrier_pack(priority, clock, time_ns), type ?: TSTAMP_MONOTONIC) == 0)
		count->saved++;
	return TCX_NEXT;

clear:
	if (forged || type != TSTAMP_NONE)
		clear_tstamp(ctx);
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
