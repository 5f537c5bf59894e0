// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * saver, host mode: at the host side of a pod's interface, ingress, first in
 * order. Since kernel 6.11.
 *
 * The kernel has cleared skb->priority on the way here, but the packet still
 * has its socket, and its launch time with its clock. Both go into the carrier
 * word, as far as the pod's policy grants them. A word that the pod made up
 * never gets past this program. It drops nothing.
 */
#include "policy.h"

struct sender {
	__u32 priority;
	__u32 known;	/* the packet has a socket */
	__u32 tcp;	/* whose timestamps are its own pacing */
};

/* As the kernel does: a SYN-ACK has its listener's priority. */
static __always_inline struct sender sender_of(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	struct sock *sk = skb->sk;
	struct sender sender = {};
	unsigned char state;

	if (!sk)
		return sender;
	sender.known = 1;
	state = sk->__sk_common.skc_state;
	if (state == TCP_NEW_SYN_RECV) {
		sender.priority = read_as(struct sock, sk->__sk_common.skc_listener)->sk_priority;
		sender.tcp = 1;
	} else if (state == TCP_TIME_WAIT) {
		sender.tcp = 1;
	} else {
		sender.priority = sk->sk_priority;
		sender.tcp = sk->sk_protocol == IPPROTO_TCP;
	}
	return sender;
}

/* A time whose socket has gone cannot be told from a forged one; type 0 is a receive stamp. */
static __always_inline enum carrier_clock clock_of(const struct sender *sender, __u32 type, int forged)
{
	if (type == TSTAMP_NONE || !sender->known || forged)
		return CARRIER_NONE;
	if (sender->tcp)
		return CARRIER_PACING;
	return type == TSTAMP_TAI ? CARRIER_TAI : CARRIER_MONOTONIC;
}

SEC("tc")
int saver(struct __sk_buff *ctx)
{
	struct sender sender = sender_of(ctx);
	__u64 time_ns = ctx->tstamp;
	__u32 type = ctx->tstamp_type;
	int forged = carrier_marked(time_ns);
	struct pod_counters *count;
	__u32 slot;

	if (sender.priority == 0 && !forged && (type == TSTAMP_NONE || sender.tcp))
		return TCX_NEXT;

	slot = find_slot(pods, POD_SLOTS, ctx->ifindex);
	count = bpf_map_lookup_elem(&pod_counters, &slot);
	if (!count) {
		clear_delivery_time(ctx);
		return TCX_NEXT;
	}
	if (forged)
		count->forged++;
	if (!is_ip(ctx)) {
		count->not_ip++;
		if (forged || policy_of(slot)->horizon_ns == 0)
			clear_delivery_time(ctx);
		return TCX_NEXT;
	}
	mark(ctx, slot, count, (struct request){
		.priority = sender.priority,
		.clock = clock_of(&sender, type, forged),
		.time_ns = time_ns,
	});
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
