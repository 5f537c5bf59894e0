// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* A map of each type that has entries, with values of every shape; a ring buffer and a program that fills it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum colour { RED, GREEN = 7 };

struct inner {
	__u16 low;
	__s64 wide;
};

/* Every shape that a value can have; the layout is the compiler's. */
struct record {
	__u8 small;
	__u64 big;
	_Bool yes;
	char name[6];
	enum colour colour;
	__s32 negative;
	struct inner inner;
	struct inner pair[2];
	union {
		__u32 word;
		__u8 bytes[4];
	} number;
	__u32 three : 3;
	__s32 seven : 7;
	__u32 rest : 22;
	__u16 matrix[2][3];
};

#define OFFSET(member) __builtin_offsetof(struct record, member)
_Static_assert(sizeof(struct record) == 104, "layout");
_Static_assert(OFFSET(big) == 8, "layout");
_Static_assert(OFFSET(yes) == 16, "layout");
_Static_assert(OFFSET(name) == 17, "layout");
_Static_assert(OFFSET(colour) == 24, "layout");
_Static_assert(OFFSET(negative) == 28, "layout");
_Static_assert(OFFSET(inner) == 32, "layout");
_Static_assert(OFFSET(pair) == 48, "layout");
_Static_assert(OFFSET(number) == 80, "layout");
_Static_assert(OFFSET(matrix) == 88, "layout");

struct prefix {
	__u32 length;
	__u8 address[4];
};

#define MAP(map, map_type, map_key, map_value, entries)                                                     \
	struct {                                                                                             \
		__uint(type, BPF_MAP_TYPE_##map_type);                                                       \
		__uint(max_entries, entries);                                                                \
		__type(key, map_key);                                                                        \
		__type(value, map_value);                                                                    \
	} map SEC(".maps")

MAP(hash, HASH, __u32, struct record, 1024);
MAP(lru, LRU_HASH, __u32, struct record, 1024);
MAP(percpu, PERCPU_HASH, __u32, struct record, 64);
MAP(lru_percpu, LRU_PERCPU_HASH, __u32, __u32, 64);
MAP(array, ARRAY, __u32, struct record, 8);
MAP(percpu_array, PERCPU_ARRAY, __u32, __u64, 8);

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

struct small {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct small);
} array_of_maps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 64);
	__type(key, __u32);
	__array(values, struct small);
} hash_of_maps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

struct event {
	__u64 number;
	__u32 cpu;
	__u16 queue;
	__u8 priority;
	_Bool late;
	char comm[8];
};

/* Unused by value elsewhere: keeps the type in the BTF. */
struct event *unused_event;

const volatile __u32 burst = 1;
const volatile __u64 wakeup = 0;
__u64 number;
__u64 dropped;
__u32 threshold = 5;
__u32 seen_threshold;

/* Sends `burst` events; every seventh is taken back. */
SEC("tc")
int sending(struct __sk_buff *ctx)
{
	for (__u32 i = 0; i < burst && i < 100000; i++) {
		struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

		if (!event) {
			dropped++;
			continue;
		}
		event->number = number++;
		event->cpu = bpf_get_smp_processor_id();
		event->queue = 0xbeef;
		event->priority = 7;
		event->late = 1;
		__builtin_memcpy(event->comm, "sender", 7);
		event->comm[7] = 0;
		if (number % 7 == 0)
			bpf_ringbuf_discard(event, wakeup);
		else
			bpf_ringbuf_submit(event, wakeup);
	}
	return 0;
}

/* libbpf 1.1 does not know this section. */
SEC("tcx/ingress")
int watching(struct __sk_buff *ctx)
{
	seen_threshold = threshold;
	bpf_tail_call(ctx, &programs, 0);
	return -1; /* TCX_NEXT */
}

SEC("tc")
int tail(struct __sk_buff *ctx)
{
	__u32 zero = 0;
	__u64 *count;
	void *map = bpf_map_lookup_elem(&array_of_maps, &zero);

	if (!map)
		return 3;
	count = bpf_map_lookup_elem(map, &zero);
	if (count)
		++*count;
	return 2;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
