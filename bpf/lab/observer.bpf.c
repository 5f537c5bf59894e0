// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * observer, the lab's judge: at a NIC's egress, last in order, so that it sees
 * what the qdisc will see. For each talker record that passes it notes what
 * the application asked for, as written in the payload, beside what the packet
 * carries. It changes nothing. The record's layout is examples/talker's.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCX_NEXT	-1
#define MAGIC		0x4e535431
#define VXLAN_PORT	4789
#define VXLAN_HEADER	8
#define OBSERVATIONS	65536

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

struct observation {
	__u32 flow;
	__u32 seq;
	__u32 asked_priority;
	__u32 asked_clock;
	__u64 asked_time_ns;
	__u64 tstamp;
	__u32 priority;
	__u32 tstamp_type;
	__u32 ifindex;
	__u32 queue;
};
_Static_assert(sizeof(struct observation) == 48, "layout");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OBSERVATIONS);
	__type(key, __u32);
	__type(value, struct observation);
} observations SEC(".maps");

struct tally {
	__u64 packets;		/* every packet of the device */
	__u64 observed;		/* talker records; past OBSERVATIONS they are counted only */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tally);
} tally SEC(".maps");

/* Where the IP payload after the frame at OFFSET begins, 0 for other frames. */
static __always_inline __u32 transport(struct __sk_buff *ctx, __u32 offset, __u8 *protocol)
{
	struct ethhdr eth;
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (bpf_skb_load_bytes(ctx, offset, &eth, sizeof(eth)))
		return 0;
	offset += sizeof(eth);
	if (eth.h_proto == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(ctx, offset, &ip, sizeof(ip)))
			return 0;
		*protocol = ip.protocol;
		return offset + ip.ihl * 4;
	}
	if (eth.h_proto == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(ctx, offset, &ip6, sizeof(ip6)))
			return 0;
		*protocol = ip6.nexthdr;
		return offset + sizeof(ip6);
	}
	return 0;
}

/* Where the talker's record may begin, 0 where there can be none. */
static __always_inline __u32 payload(struct __sk_buff *ctx)
{
	struct tcphdr tcp;
	struct udphdr udp;
	__u8 protocol = 0;
	__u32 offset = transport(ctx, 0, &protocol);

	if (offset && protocol == IPPROTO_UDP && !bpf_skb_load_bytes(ctx, offset, &udp, sizeof(udp)) &&
	    udp.dest == bpf_htons(VXLAN_PORT))
		offset = transport(ctx, offset + sizeof(udp) + VXLAN_HEADER, &protocol);
	if (offset && protocol == IPPROTO_UDP)
		return offset + sizeof(udp);
	if (offset && protocol == IPPROTO_TCP && !bpf_skb_load_bytes(ctx, offset, &tcp, sizeof(tcp)))
		return offset + tcp.doff * 4;
	return 0;
}

SEC("tc")
int observer(struct __sk_buff *ctx)
{
	struct observation *slot;
	struct record record;
	struct tally *tally_;
	__u32 zero = 0, index, offset;

	tally_ = bpf_map_lookup_elem(&tally, &zero);
	if (!tally_)
		return TCX_NEXT;
	__sync_fetch_and_add(&tally_->packets, 1);
	offset = payload(ctx);
	if (!offset || bpf_skb_load_bytes(ctx, offset, &record, sizeof(record)) || record.magic != MAGIC)
		return TCX_NEXT;
	index = __sync_fetch_and_add(&tally_->observed, 1);
	slot = bpf_map_lookup_elem(&observations, &index);
	if (!slot)
		return TCX_NEXT;
	*slot = (struct observation){
		.flow = record.flow,
		.seq = record.seq,
		.asked_priority = record.priority,
		.asked_clock = record.clock,
		.asked_time_ns = record.launch_time_ns,
		.tstamp = ctx->tstamp,
		.priority = ctx->priority,
		.tstamp_type = ctx->tstamp_type,
		.ifindex = ctx->ifindex,
		.queue = ctx->queue_mapping,
	};
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
