// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The reference design, as a test double for bench:dataplane: the metadata
 * waits in a hash map, keyed by the address of the packet's sk_buff, from the
 * pod's egress to the NIC's. Written from the design's description, with its
 * map size and its treatment of packets without a launch time ("now").
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TC_ACT_OK 0

/* TC_ACT_OK ends the hook's chain, as the design does; TCX_NEXT (-1) lets an observer see behind it. */
const volatile __s32 verdict = TC_ACT_OK;

struct metadata {
	__u64 tstamp;
	__u32 priority;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct metadata);
} waiting SEC(".maps");

SEC("tc")
int ref_saver(struct __sk_buff *ctx)
{
	__u64 address = (__u64)(unsigned long)ctx;
	struct metadata metadata = { .tstamp = ctx->tstamp, .priority = ctx->priority };

	if (bpf_map_lookup_elem(&waiting, &address))
		return verdict;
	if (metadata.tstamp == 0)
		metadata.tstamp = bpf_ktime_get_tai_ns();
	bpf_map_update_elem(&waiting, &address, &metadata, BPF_ANY);
	return verdict;
}

SEC("tc")
int ref_restorer(struct __sk_buff *ctx)
{
	__u64 address = (__u64)(unsigned long)ctx;
	struct metadata *metadata = bpf_map_lookup_elem(&waiting, &address);

	if (!metadata)
		return verdict;
	ctx->priority = metadata->priority;
	bpf_skb_set_tstamp(ctx, metadata->tstamp, BPF_SKB_TSTAMP_DELIVERY_MONO);
	bpf_map_delete_elem(&waiting, &address);
	return verdict;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
