// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * redirector, for tests: takes UDP and TCP packets straight to a device, past
 * bridge and netfilter, as a CNI of eBPF does: from a pod to the NIC, with its
 * socket, or into a pod.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCX_NEXT -1
#define IPV4_PROTOCOL 9	/* offsets of the protocol in the network header */
#define IPV6_NEXTHDR 6

enum how {
	TO_NEIGHBOUR,	/* the kernel finds route and neighbour */
	AS_IT_IS,	/* with the Ethernet addresses below */
	INTO_PEER,	/* out of the device's other end, which may be in a pod */
};

const volatile __u32 device;
const volatile __u32 how;
const volatile __u64 destination;	/* Ethernet addresses, first byte lowest */
const volatile __u64 source;
const volatile __u32 near;	/* a pod of the same node, and the port that it is reached at */
const volatile __u32 near_port;

#define IPV4_HEADER 20	/* without options */
#define IPV6_HEADER 40
#define DESTINATION 2	/* offset of the port in both transport headers */

static __always_inline int is_near(struct __sk_buff *ctx)
{
	__u32 header = ctx->protocol == bpf_htons(ETH_P_IPV6) ? IPV6_HEADER : IPV4_HEADER;
	__be16 port = 0;

	bpf_skb_load_bytes_relative(ctx, header + DESTINATION, &port, sizeof(port), BPF_HDR_START_NET);
	return near && port == bpf_htons(near_port);
}

static __always_inline int set_addresses(struct __sk_buff *ctx)
{
	__u64 to = destination, from = source;

	return bpf_skb_store_bytes(ctx, 0, &to, ETH_ALEN, 0) ||
	       bpf_skb_store_bytes(ctx, ETH_ALEN, &from, ETH_ALEN, 0);
}

SEC("tc")
int redirector(struct __sk_buff *ctx)
{
	__u32 offset = ctx->protocol == bpf_htons(ETH_P_IPV6) ? IPV6_NEXTHDR : IPV4_PROTOCOL;
	__u8 protocol = 0;

	if (ctx->protocol != bpf_htons(ETH_P_IP) && ctx->protocol != bpf_htons(ETH_P_IPV6))
		return TCX_NEXT;
	bpf_skb_load_bytes_relative(ctx, offset, &protocol, sizeof(protocol), BPF_HDR_START_NET);
	if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)
		return TCX_NEXT;
	if (is_near(ctx))
		return bpf_redirect_peer(near, 0);
	if (how == INTO_PEER)
		return bpf_redirect_peer(device, 0);
	if (how == AS_IT_IS)
		return set_addresses(ctx) ? TCX_NEXT : bpf_redirect(device, 0);
	return bpf_redirect_neigh(device, 0, 0, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
