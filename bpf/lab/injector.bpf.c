// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * injector, for tests, by BPF_PROG_TEST_RUN: sends a copy of the packet to a
 * device with any timestamp and type, as a packet that was forwarded: without
 * a socket.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 device;

struct injection {
	__u64 tstamp;
	__u32 type;
	__u32 priority;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct injection);
} injection SEC(".maps");

SEC("tc")
int injector(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	struct injection *wanted = bpf_map_lookup_elem(&injection, &zero);

	if (!wanted)
		return -1;
	ctx->priority = wanted->priority;
	if (bpf_skb_set_tstamp(ctx, wanted->tstamp, wanted->type))
		return -2;
	return bpf_clone_redirect(ctx, device, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
