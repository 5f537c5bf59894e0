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
#include "kernel.h"

#define POD_SLOTS	2048	/* a power of two */
#define UPLINK_SLOTS	64	/* a power of two */
#define PROBES		8	/* an entry stands less than this far from its place */

/* For user space, which puts the entries where the programs will look. */
const volatile __u32 probes = PROBES;

struct policy {
	__u64 priorities;	/* nibble N: what a packet of priority N is sent as, 0 denied */
	__u64 horizon_ns;	/* launch times up to this far ahead; 0: none at all */
};
_Static_assert(sizeof(struct policy) == 16, "layout");

/*
 * A cache line, which is all that a packet reads of these tables. A policy that
 * packets may be reading is never changed: the new one is written beside it,
 * and then the first eight bytes at once.
 */
struct pod {
	__u32 ifindex;		/* 0: free */
	__u32 current;		/* which of the two holds */
	struct policy policy[2];
	__u32 stale;		/* for user space: packets may be reading the other one */
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct pod) == 64, "layout");

#define PRIORITIES	16	/* all that the word carries */

/* What is counted for every packet comes first, by priority: a packet touches one cache line of it. */
struct pod_counters {
	__u64 saved[PRIORITIES]; /* carried on: priority, launch time or both; 0: a launch time alone */
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
_Static_assert(sizeof(struct pod_counters) == (PRIORITIES + 10) * 8, "layout");

/* The clocks are numbered as carrier_clock and tstamp_type are. */
enum uplink_clock {
	UPLINK_NONE = 0,	/* its qdisc looks at no launch time */
	UPLINK_MONOTONIC = 1,	/* fq */
	UPLINK_TAI = 2,		/* etf */
};

struct uplink {
	__u32 ifindex;		/* 0: free */
	enum uplink_clock clock;
	__u32 stacked;		/* the word stays for the device below */
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct uplink) == 16, "layout");

struct uplink_counters {
	__u64 restored[PRIORITIES]; /* 0: a launch time alone */
	__u64 converted;	/* launch time moved to the uplink's clock */
	__u64 untimed;		/* launch time dropped: no qdisc here wants it */
	__u64 forged;		/* a word from a socket of this very namespace */
};
_Static_assert(sizeof(struct uplink_counters) == (PRIORITIES + 3) * 8, "layout");

/* A global array: no lookup, and user space maps it into its own memory. */
#define TABLE(NAME, VALUE, SLOTS) VALUE NAME[SLOTS] SEC(".data." #NAME)

#define COUNTERS(NAME, VALUE, SLOTS)				\
	struct {						\
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);	\
		__uint(max_entries, SLOTS);			\
		__type(key, __u32);				\
		__type(value, VALUE);				\
	} NAME SEC(".maps")

/* Looks for IFINDEX in the other places where it may stand in TABLE; SLOTS if it does not. */
#define DEFINE_PROBE(table, slots)						\
__rare __u32 probe_##table(__u32 ifindex)					\
{										\
	_Pragma("clang loop unroll(disable)")					\
	for (__u32 probe = 1; probe < PROBES; probe++) {			\
		__u32 slot = (ifindex + probe) & ((slots) - 1);			\
										\
		if (table[slot].ifindex == ifindex)				\
			return slot;						\
	}									\
	return slots;								\
}										\
										\
/* The slot of IFINDEX, or SLOTS. The first place is nearly always the one. */	\
static __always_inline __u32 slot_in_##table(__u32 ifindex)			\
{										\
	__u32 slot = ifindex & ((slots) - 1);					\
										\
	return likely(table[slot].ifindex == ifindex) ? slot : probe_##table(ifindex); \
}

#endif /* TSNCTL_TABLES_H */
