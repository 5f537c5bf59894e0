// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * strip, at the host side of every pod that has no policy, ingress, first in
 * order. An unprivileged process can set bit 62 of a launch time; without this
 * program a restorer would take that for a carrier word.
 */
#include "kernel.h"
#include "carrier.h"
#include "tables.h"

TABLE(pods, struct pod, POD_SLOTS);
COUNTERS(pod_counters, struct pod_counters, POD_SLOTS);

SEC("tc")
int strip(struct __sk_buff *ctx)
{
	struct pod_counters *count;
	__u32 slot;

	if (!carrier_marked(ctx->tstamp))
		return TCX_NEXT;
	clear_tstamp(ctx);
	slot = find_slot(pods, POD_SLOTS, ctx->ifindex);
	count = bpf_map_lookup_elem(&pod_counters, &slot);
	if (count)
		count->stripped++;
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
