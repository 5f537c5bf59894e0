// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* What benchmarks measure: a map of flows as a program would keep them, and a ring buffer that is filled in bursts. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum state { NEW, OPEN, CLOSED };

struct flow {
	__u32 source;
	__u32 target;
	__u16 port;
	__u8 protocol;
};

struct counters {
	__u64 packets;
	__u64 bytes;
	__u64 last_ns;
	__u32 priority;
	enum state state;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000);
	__type(key, struct flow);
	__type(value, struct counters);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct counters);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16777216);
} events SEC(".maps");

struct event {
	__u64 time_ns;
	__u64 number;
	__u32 flow;
	__u16 queue;
	__u8 priority;
	__u8 verdict;
};

struct event *unused_event;
const volatile __u32 burst = 1;
__u64 number;
__u64 dropped;

static long send(__u32 index, void *context)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		dropped++;
		return 0;
	}
	event->time_ns = number << 20;
	event->number = number++;
	event->flow = index;
	event->queue = 3;
	event->priority = 5;
	event->verdict = 1;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

/* `burst` events; needs bpf_loop, kernel 5.17. */
SEC("tc")
int sending(struct __sk_buff *ctx)
{
	bpf_loop(burst, send, 0, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
