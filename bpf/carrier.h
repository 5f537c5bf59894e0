/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The carrier word: a packet's priority and launch time, in skb->tstamp, on
 * the way from a pod's interface to the NIC. This header owns its layout.
 *
 *   63     0
 *   62     1, the marker: as a time this is past the year 2116
 *   61:60  clock of the launch time, enum carrier_clock
 *   59:56  priority
 *   55:0   the low 56 bits of the launch time, in ns
 *
 * 56 bits are 2.28 years. Which 2.28 years is settled by the clock's epoch, the
 * first moment of that window. Each program has its own, from when it was
 * loaded; the margin, 104 days, is how far apart two of them may be.
 */
#ifndef TSNCTL_CARRIER_H
#define TSNCTL_CARRIER_H

#include <linux/types.h>

enum carrier_clock {
	CARRIER_NONE = 0,	/* no launch time */
	CARRIER_MONOTONIC = 1,
	CARRIER_TAI = 2,
	CARRIER_PACING = 3,	/* MONOTONIC, set by TCP for itself: no launch time */
};

#define CARRIER_MARKER		(1ULL << 62)
#define CARRIER_CLOCK_SHIFT	60
#define CARRIER_PRIORITY_SHIFT	56
#define CARRIER_PRIORITY_MAX	15
#define CARRIER_TIME_MASK	((1ULL << CARRIER_PRIORITY_SHIFT) - 1)
#define CARRIER_MARGIN		(1ULL << 53)

/* First moment of the TAI window; MONOTONIC starts at 0. Set before load. */
const volatile __u64 tai_epoch_ns;

static __always_inline __u64 carrier_epoch(enum carrier_clock clock)
{
	return clock == CARRIER_TAI ? tai_epoch_ns : 0;
}

static __always_inline int carrier_marked(__u64 tstamp)
{
	return (__s64)tstamp >= (__s64)CARRIER_MARKER;
}

static __always_inline int carrier_holds(enum carrier_clock clock, __u64 time_ns)
{
	__u64 offset = time_ns - carrier_epoch(clock);

	if (clock == CARRIER_TAI)
		return offset - CARRIER_MARGIN <= CARRIER_TIME_MASK - 2 * CARRIER_MARGIN;
	return offset <= CARRIER_TIME_MASK;
}

static __always_inline __u64 carrier_pack(__u32 priority, enum carrier_clock clock, __u64 time_ns)
{
	return CARRIER_MARKER | (__u64)clock << CARRIER_CLOCK_SHIFT |
	       (__u64)priority << CARRIER_PRIORITY_SHIFT | (time_ns & CARRIER_TIME_MASK);
}

static __always_inline __u32 carrier_priority(__u64 word)
{
	return word >> CARRIER_PRIORITY_SHIFT & CARRIER_PRIORITY_MAX;
}

static __always_inline enum carrier_clock carrier_clock(__u64 word)
{
	return word >> CARRIER_CLOCK_SHIFT & 3;
}

static __always_inline __u64 carrier_time(__u64 word)
{
	__u64 epoch = carrier_epoch(carrier_clock(word));

	return epoch + ((word - epoch) & CARRIER_TIME_MASK);
}

#endif /* TSNCTL_CARRIER_H */
