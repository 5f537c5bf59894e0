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

#define MINI_SOCKETS (1 << TCP_NEW_SYN_RECV | 1 << TCP_TIME_WAIT)

/* Of a socket that is none yet, or no more. As the kernel does: a SYN-ACK has its listener's priority. */
__rare __u32 mini_priority(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	struct sock *sk = skb->sk;

	if (!sk || sk->__sk_common.skc_state != TCP_NEW_SYN_RECV)
		return 0;
	return read_as(struct sock, sk->__sk_common.skc_listener)->sk_priority;
}

SEC("tc")
int saver(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	struct sock *sk = skb->sk;
	__u64 time_ns = ctx->tstamp;
	__u32 type = ctx->tstamp_type;
	int forged = carrier_marked(time_ns);
	enum carrier_clock clock = CARRIER_NONE;
	struct pod_counters *count;
	__u32 priority = 0;
	int tcp;
	__u32 slot;

	if (likely(sk)) {
		if (unlikely(MINI_SOCKETS >> sk->__sk_common.skc_state & 1)) {
			priority = mini_priority(ctx);
			tcp = 1;
		} else {
			priority = sk->sk_priority;
			tcp = sk->sk_protocol == IPPROTO_TCP;
		}
		/* A time that came with a word, or without a socket, cannot be told from a forged one. */
		if (type != TSTAMP_NONE && !forged)
			clock = tcp ? CARRIER_PACING : type;
	}
	if (priority == 0 && !forged && (type == TSTAMP_NONE || clock == CARRIER_PACING))
		return TCX_NEXT;

	slot = slot_in_pods(ctx->ifindex);
	count = bpf_map_lookup_elem(&pod_counters, &slot);
	if (unlikely(!count))
		return clear_delivery_time(ctx);
	if (unlikely(!is_ip(ctx)))
		return leave(ctx, slot, count);
	if (unlikely(forged))
		count->forged++;
	return mark(ctx, slot, count, type, priority, clock, time_ns);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
