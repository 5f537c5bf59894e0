// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * observer, the lab's judge: at a NIC's egress, last in order, so that it sees
 * what the qdisc will see; or outside, where the frame comes in. For each
 * talker record that passes it notes what the application asked for, as
 * written in the payload, beside what the packet carries. A packet may hold
 * many: segments that are still together, or a fragment that begins in the
 * middle of one. It changes nothing. The record's layout is examples/talker's.
 *
 * tagger stands in front of a device that encrypts (WireGuard): it writes into
 * the packet's hash where its records were noted, and observer finds them by
 * that, segment by segment where the device cuts the packet.
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
#define OBSERVATIONS	65536
#define TAGS		65536
#define TAG		0x7a600000	/* in the upper half of a hash */
#define MAX_RECORDS	1024
#define LAYERS		6

#define IP_FRAGMENT	0x3fff	/* more fragments, or an offset */
#define IP_OFFSET	0x1fff
#define VXLAN_PORT	4789
#define GENEVE_PORT	6081
#define GRE_CHECKSUM	0x8000
#define GRE_KEY		0x2000
#define GRE_SEQUENCE	0x1000

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
	__u32 segments;		/* that the packet is cut into later, or 0 */
	__u32 fragment;		/* where in its datagram the fragment begins, in bytes */
	__u32 vlan;		/* the tag, with VLAN_PRESENT */
	__u32 packet;		/* which packet of the device this was, counted from 1 */
};
_Static_assert(sizeof(struct observation) == 64, "layout");

#define VLAN_PRESENT	0x10000

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OBSERVATIONS);
	__type(key, __u32);
	__type(value, struct observation);
} observations SEC(".maps");

struct tally {
	__u64 packets;		/* every packet of the device */
	__u64 observed;		/* talker records; past OBSERVATIONS they are counted only */
	__u64 tagged;		/* packets that got a tag */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tally);
} tally SEC(".maps");

/* A packet with its records in a row, before it was cut and encrypted. */
struct tag {
	struct record first;
	__u32 records;
	__u32 start;		/* of the first, from where the payload begins */
	__u32 segment_bytes;	/* 0: it stays whole */
	__u32 segments;		/* that have been seen */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TAGS);
	__type(key, __u32);
	__type(value, struct tag);
} tags SEC(".maps");

/*
 * What follows in functions that are not static: the verifier looks at each of
 * them once, not at every way through all of them.
 */

enum layer { NONE, ETHERNET, NETWORK, PAYLOAD };

/* Where the next layer begins, and which. */
struct cursor {
	__u32 offset;
	enum layer layer;
	__u16 ethertype;
	__u16 fragment;
};

#define load(ctx, at, to) (bpf_skb_load_bytes(ctx, at, to, sizeof(*(to))) == 0)

static __always_inline void past_ethernet(struct __sk_buff *ctx, struct cursor *at)
{
	__be16 type[2];

	at->layer = NONE;
	if (!load(ctx, at->offset + 2 * ETH_ALEN, &type[0]))
		return;
	at->offset += ETH_HLEN;
	if (type[0] == bpf_htons(ETH_P_8021Q)) {
		if (!load(ctx, at->offset + 2, &type[0]))
			return;
		at->offset += 4;
	}
	at->ethertype = type[0];
	at->layer = NETWORK;
}

static __always_inline void past_gre(struct __sk_buff *ctx, struct cursor *at)
{
	__be16 head[2];

	at->layer = NONE;
	if (!load(ctx, at->offset, &head))
		return;
	at->offset += 4;
	if (head[0] & bpf_htons(GRE_CHECKSUM))
		at->offset += 4;
	if (head[0] & bpf_htons(GRE_KEY))
		at->offset += 4;
	if (head[0] & bpf_htons(GRE_SEQUENCE))
		at->offset += 4;
	at->ethertype = head[1];
	at->layer = head[1] == bpf_htons(ETH_P_TEB) ? ETHERNET : NETWORK;
}

static __always_inline void past_udp(struct __sk_buff *ctx, struct cursor *at)
{
	struct udphdr udp;
	__u8 options = 0;

	at->layer = NONE;
	if (!load(ctx, at->offset, &udp))
		return;
	at->offset += sizeof(udp);
	at->layer = PAYLOAD;
	if (udp.dest == bpf_htons(VXLAN_PORT)) {
		at->offset += 8;
		at->layer = ETHERNET;
	} else if (udp.dest == bpf_htons(GENEVE_PORT)) {
		bpf_skb_load_bytes(ctx, at->offset, &options, 1);
		at->offset += 8 + (options & 0x3f) * 4;
		at->layer = ETHERNET;
	}
}

static __always_inline void past_transport(struct __sk_buff *ctx, struct cursor *at, __u8 protocol)
{
	struct tcphdr tcp;

	switch (protocol) {
	case IPPROTO_UDP:
		past_udp(ctx, at);
		break;
	case IPPROTO_TCP:
		at->layer = load(ctx, at->offset, &tcp) ? PAYLOAD : NONE;
		at->offset += tcp.doff * 4;
		break;
	case IPPROTO_IPIP:
		at->ethertype = bpf_htons(ETH_P_IP);
		break;
	case IPPROTO_IPV6:
		at->ethertype = bpf_htons(ETH_P_IPV6);
		break;
	case IPPROTO_GRE:
		past_gre(ctx, at);
		break;
	default:
		at->layer = NONE;
	}
}

static __always_inline void past_ip(struct __sk_buff *ctx, struct cursor *at)
{
	struct ipv6hdr ip6;
	struct iphdr ip;
	__be16 fragment[2];
	__u8 protocol;

	if (at->ethertype == bpf_htons(ETH_P_IP)) {
		at->layer = load(ctx, at->offset, &ip) ? at->layer : NONE;
		at->offset += ip.ihl * 4;
		at->fragment = (bpf_ntohs(ip.frag_off) & IP_OFFSET) * 8;
		protocol = ip.protocol;
	} else if (at->ethertype == bpf_htons(ETH_P_IPV6)) {
		at->layer = load(ctx, at->offset, &ip6) ? at->layer : NONE;
		at->offset += sizeof(ip6);
		protocol = ip6.nexthdr;
		if (protocol == IPPROTO_FRAGMENT) {
			bpf_skb_load_bytes(ctx, at->offset, &protocol, 1);
			bpf_skb_load_bytes(ctx, at->offset + 2, &fragment, 2);
			at->fragment = bpf_ntohs(fragment[0]) & ~7;
			at->offset += 8;
		}
	} else {
		at->layer = NONE;
	}
	if (at->layer == NONE)
		return;
	if (at->fragment)
		at->layer = PAYLOAD; /* without a header of its own */
	else
		past_transport(ctx, at, protocol);
}

/* Go through all headers: where a record may be, and in the upper half where its fragment begins; 0 for nowhere. */
__noinline __u64 payload(struct __sk_buff *ctx, enum layer first)
{
	struct cursor at = { .layer = first, .ethertype = ctx->protocol };

#pragma unroll
	for (int i = 0; i < LAYERS; i++) {
		if (at.layer == ETHERNET)
			past_ethernet(ctx, &at);
		else if (at.layer == NETWORK)
			past_ip(ctx, &at);
	}
	return at.layer == PAYLOAD ? (__u64)at.fragment << 32 | at.offset : 0;
}

/* A fragment, or a part of a stream, may begin in the middle of a record: find the next. */
__noinline __u32 first_record(struct __sk_buff *ctx, __u32 offset)
{
	__u32 magic = 0;

	if (!offset)
		return 0;
	for (__u32 i = 0; i < sizeof(struct record); i++)
		if (!bpf_skb_load_bytes(ctx, offset + i, &magic, sizeof(magic)) && magic == MAGIC)
			return offset + i;
	return 0;
}

static __always_inline int note(struct __sk_buff *ctx, const struct record *record, __u32 fragment, __u32 packet)
{
	struct observation *slot;
	struct tally *tally_;
	__u32 zero = 0, index;

	tally_ = bpf_map_lookup_elem(&tally, &zero);
	if (!tally_)
		return 0;
	index = __sync_fetch_and_add(&tally_->observed, 1);
	slot = bpf_map_lookup_elem(&observations, &index);
	if (!slot)
		return 0;
	*slot = (struct observation){
		.flow = record->flow,
		.seq = record->seq,
		.asked_priority = record->priority,
		.asked_clock = record->clock,
		.asked_time_ns = record->launch_time_ns,
		.tstamp = ctx->tstamp,
		.priority = ctx->priority,
		.tstamp_type = ctx->tstamp_type,
		.ifindex = ctx->ifindex,
		.queue = ctx->queue_mapping,
		.segments = ctx->gso_segs,
		.fragment = fragment,
		.vlan = ctx->vlan_present ? ctx->vlan_tci | VLAN_PRESENT : 0,
		.packet = packet,
	};
	return 1;
}

/* The record at this place, if there is one. */
__noinline int note_at(struct __sk_buff *ctx, __u32 offset, __u32 fragment, __u32 packet)
{
	struct record record;

	return load(ctx, offset, &record) && record.magic == MAGIC && note(ctx, &record, fragment, packet);
}

/* One of the records that the tagger saw. */
__noinline int note_tagged_at(struct __sk_buff *ctx, __u32 index, __u32 which, __u32 packet)
{
	struct tag *tag = bpf_map_lookup_elem(&tags, &index);
	struct record record;

	if (!tag)
		return 0;
	record = tag->first;
	record.seq += which;
	return note(ctx, &record, 0, packet);
}

/* Those that begin in the next segment of the packet that the tagger saw. */
__noinline int note_tagged(struct __sk_buff *ctx, __u32 index, __u32 packet)
{
	struct tag *tag = bpf_map_lookup_elem(&tags, &index);
	__u32 segment, bytes;

	if (!tag || tag->first.magic != MAGIC)
		return 0;
	segment = __sync_fetch_and_add(&tag->segments, 1);
	bytes = tag->segment_bytes;
	for (__u32 i = 0; i < MAX_RECORDS && i < tag->records; i++)
		if (!bytes || (tag->start + i * sizeof(struct record)) / bytes == segment)
			note_tagged_at(ctx, index, i, packet);
	return 1;
}

SEC("tc")
int observer(struct __sk_buff *ctx)
{
	__u32 zero = 0, offset, packet;
	struct tally *tally_;
	__u64 place;

	tally_ = bpf_map_lookup_elem(&tally, &zero);
	if (!tally_)
		return TCX_NEXT;
	packet = __sync_fetch_and_add(&tally_->packets, 1) + 1;
	if ((ctx->hash & 0xffff0000) == TAG && note_tagged(ctx, ctx->hash & 0xffff, packet))
		return TCX_NEXT;
	place = payload(ctx, ETHERNET);
	offset = first_record(ctx, place);
	for (int i = 0; offset && i < MAX_RECORDS; i++) {
		if (!note_at(ctx, offset, place >> 32, packet))
			break;
		offset += sizeof(struct record);
	}
	return TCX_NEXT;
}

/* At the egress of a device whose packets begin with their IP header. */
SEC("tc")
int tagger(struct __sk_buff *ctx)
{
	__u32 zero = 0, index, begin, first;
	struct tally *tally_;
	struct tag *tag;

	tally_ = bpf_map_lookup_elem(&tally, &zero);
	if (!tally_)
		return TCX_NEXT;
	begin = payload(ctx, NETWORK);
	first = first_record(ctx, begin);
	if (!first)
		return TCX_NEXT;
	index = __sync_fetch_and_add(&tally_->tagged, 1) & (TAGS - 1);
	tag = bpf_map_lookup_elem(&tags, &index);
	if (!tag || !load(ctx, first, &tag->first))
		return TCX_NEXT;
	tag->records = (ctx->len - first) / sizeof(struct record);
	tag->start = first - begin;
	tag->segment_bytes = ctx->gso_segs > 1 ? ctx->gso_size : 0;
	tag->segments = 0;
	bpf_set_hash(ctx, TAG | index);
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
