/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The time, read once a tick on each CPU. A clock read costs 20 to 80 ns, and
 * a horizon needs no better than a tick. What is between the clocks changes
 * only when somebody steps one, which is seen within a tick, too.
 */
#ifndef TSNCTL_CLOCKS_H
#define TSNCTL_CLOCKS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"

/* TAI minus MONOTONIC when the program was loaded, for kernels that cannot tell. Set before load. */
const volatile __u64 tai_offset_ns;

struct clocks {
	__u64 jiffies;		/* when this was read */
	__u64 monotonic_ns;
	__u64 tai_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct clocks);
} clocks SEC(".maps");

__rare int refresh(struct clocks *now, __u64 jiffies)
{
	now->jiffies = jiffies;
	now->monotonic_ns = bpf_ktime_get_ns();
	now->tai_ns = can_read_tai() ? bpf_ktime_get_tai_ns() : now->monotonic_ns + tai_offset_ns;
	return 0;
}

/* Never NULL in truth, but the verifier cannot know. */
static __always_inline const struct clocks *read_clocks(void)
{
	__u64 jiffies = bpf_jiffies64();
	__u32 zero = 0;
	struct clocks *now = bpf_map_lookup_elem(&clocks, &zero);

	if (now && unlikely(now->jiffies != jiffies))
		refresh(now, jiffies);
	return now;
}

#endif /* TSNCTL_CLOCKS_H */
