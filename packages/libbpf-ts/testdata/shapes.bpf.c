// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Maps and programs of the shapes that the tests need; shapes.hex is this, compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum colour { RED, GREEN = 7 };

struct place {
	__u32 row;
	__u16 column;
	__u8 floor;
	_Bool lit;
};

struct thing {
	__s64 weight;
	enum colour colour;
	__u8 parts[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, struct place);
	__type(value, struct thing);
} things SEC(".maps");

/* 12 bytes, which lie 16 apart. */
struct tally {
	__u32 hits[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct tally);
} tallies SEC(".maps");

/* Without BTF: plain bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__uint(value_size, 5);
} plain SEC(".maps");

const volatile __u32 answer = 42;
const volatile __s16 grow_by = 0;

/* Returns the constant; counts on its CPU; makes the packet longer. */
SEC("tc")
int answering(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	struct tally *tally = bpf_map_lookup_elem(&tallies, &zero);

	if (tally)
		tally->hits[1]++;
	if (grow_by > 0 && bpf_skb_change_tail(ctx, ctx->len + grow_by, 0))
		return -1;
	return answer;
}

SEC("tc")
int other(struct __sk_buff *ctx)
{
	return -2;
}

SEC("xdp")
int passing(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
