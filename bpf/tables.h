/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What user space and the programs share: who is a pod, what it may do, which
 * clock an uplink wants, and what was counted. User space reads these layouts
 * from the object's BTF; they are written down nowhere else.
 *
 * Pods and uplinks are found by interface index in a small open-addressed
 * array: a hash map costs 55 to 60 ns a packet, this costs about 5.
 */
#ifndef TSNCTL_TABLES_H
#define TSNCTL_TABLES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define POD_SLOTS	2048	/* a power of two */
#define UPLINK_SLOTS	64	/* a power of two */
#define PROBES		8	/* an entry stands less than this far from its place */

/* For user space, which puts the entries where the programs will look. */
const volatile __u32 probes = PROBES;

/* One policy, never changed while a pod refers to it; row 0 allows nothing. */
struct policy {
	__u64 priorities;	/* nibble N: what a packet of priority N is sent as, 0 denied */
	__u64 horizon_ns;	/* launch times up to this far ahead; 0: none at all */
};
_Static_assert(sizeof(struct policy) == 16, "layout");

/* Eight bytes, so that a pod moves from one policy to another in one store. */
struct pod {
	__u32 ifindex;		/* 0: free */
	__u32 policy;
};
_Static_assert(sizeof(struct pod) == 8, "layout");

struct pod_counters {
	__u64 saved;		/* carried on: priority, launch time or both */
	__u64 denied;		/* the policy does not grant this priority */
	__u64 remapped;		/* sent as another priority */
	__u64 unclassed;	/* priority above 15 */
	__u64 untimed;		/* the policy grants no launch time */
	__u64 past_horizon;	/* launch time too far ahead */
	__u64 out_of_range;	/* launch time outside the word's 2.28 years */
	__u64 late;		/* launch time already over, carried all the same */
	__u64 not_ip;		/* neither IPv4 nor IPv6 */
	__u64 forged;		/* came with a word of its own; overwritten or cleared */
	__u64 stripped;		/* the same, from a pod without a policy */
};
_Static_assert(sizeof(struct pod_counters) == 11 * 8, "layout");

enum uplink_clock {
	UPLINK_NONE = 0,	/* its qdisc looks at no launch time */
	UPLINK_MONOTONIC = 1,	/* fq */
	UPLINK_TAI = 2,		/* etf, taprio */
};

struct uplink {
	__u32 ifindex;		/* 0: free */
	enum uplink_clock clock;
	__u32 stacked;		/* the word stays for the device below */
};
_Static_assert(sizeof(struct uplink) == 12, "layout");

struct uplink_counters {
	__u64 restored;
	__u64 converted;	/* launch time moved to the uplink's clock */
	__u64 untimed;		/* launch time dropped: no qdisc here wants it */
	__u64 forged;		/* a word from a socket of this very namespace */
};
_Static_assert(sizeof(struct uplink_counters) == 4 * 8, "layout");

/* A global array: no lookup, and user space maps it into its own memory. */
#define TABLE(NAME, VALUE, SLOTS) VALUE NAME[SLOTS] SEC(".data." #NAME)

#define COUNTERS(NAME, VALUE, SLOTS)				\
	struct {						\
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);	\
		__uint(max_entries, SLOTS);			\
		__type(key, __u32);				\
		__type(value, VALUE);				\
	} NAME SEC(".maps")

#define likely(condition) __builtin_expect(!!(condition), 1)

/* The slot of IFINDEX in a TABLE, or SLOTS. The first place is nearly always the one. */
#define find_slot(table, slots, ifindex_) ({				\
	__u32 slot_ = (ifindex_) & ((slots) - 1);			\
	if (!likely((table)[slot_].ifindex == (ifindex_))) {		\
		__u32 first_ = slot_;					\
		slot_ = (slots);					\
		_Pragma("clang loop unroll(disable)")			\
		for (__u32 probe_ = 1; probe_ < PROBES; probe_++) {	\
			__u32 next_ = (first_ + probe_) & ((slots) - 1); \
			if ((table)[next_].ifindex == (ifindex_)) {	\
				slot_ = next_;				\
				break;					\
			}						\
		}							\
	}								\
	slot_;								\
})

#endif /* TSNCTL_TABLES_H */
