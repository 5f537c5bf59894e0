// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * departures, for tests of qdiscs: at the far end of a NIC that is a veth, where
 * a packet arrives as soon as the NIC's qdisc has let it go. Notes the moment of
 * each talker record beside what the application asked for, as written in the
 * payload. UDP over IPv4 only; the record's layout is examples/talker's.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAGIC		0x4e535431
#define DEPARTURES	32768
#define CLOCK_MONO	1	/* enum record_clock */

struct record {
	__u32 magic;
	__u32 flow;
	__u32 seq;
	__u32 priority;
	__u64 launch_time_ns;
	__u32 clock;
	__u32 reserved[9];
};
_Static_assert(sizeof(struct record) == 64, "layout");

struct departure {
	__u32 flow;
	__u32 seq;
	__u32 asked_priority;
	__u32 asked_clock;
	__u64 asked_time_ns;
	__u64 left_ns;		/* in the clock that was asked for, TAI where none was */
	__u64 monotonic_ns;	/* the same moment for all */
	__u32 queue;		/* TX queue of the NIC */
	__u32 reserved;
};
_Static_assert(sizeof(struct departure) == 48, "layout");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DEPARTURES);
	__type(key, __u32);
	__type(value, struct departure);
} departures SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} departed SEC(".maps");

static __always_inline int read_record(struct __sk_buff *ctx, struct record *record)
{
	struct iphdr ip;

	if (ctx->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(ctx, ETH_HLEN, &ip, sizeof(ip)) ||
	    ip.protocol != IPPROTO_UDP)
		return 0;
	return !bpf_skb_load_bytes(ctx, ETH_HLEN + ip.ihl * 4 + sizeof(struct udphdr), record,
				   sizeof(*record)) &&
	       record->magic == MAGIC;
}

/* A record goes no further: nobody listens, and the answer to that would be traffic, too. */
SEC("tc")
int note_departure(struct __sk_buff *ctx)
{
	struct departure *slot;
	struct record record;
	__u32 zero = 0, index;
	__u64 *count;

	if (!read_record(ctx, &record))
		return TC_ACT_OK;
	count = bpf_map_lookup_elem(&departed, &zero);
	if (!count)
		return TC_ACT_OK;
	index = __sync_fetch_and_add(count, 1);
	slot = bpf_map_lookup_elem(&departures, &index);
	if (!slot)
		return TC_ACT_SHOT;
	*slot = (struct departure){
		.left_ns = record.clock == CLOCK_MONO ? bpf_ktime_get_ns() : bpf_ktime_get_tai_ns(),
		.monotonic_ns = bpf_ktime_get_ns(),
		.flow = record.flow,
		.seq = record.seq,
		.asked_priority = record.priority,
		.asked_clock = record.clock,
		.asked_time_ns = record.launch_time_ns,
		.queue = ctx->queue_mapping,
	};
	return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
