// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * redirector, for tests: takes UDP packets from a pod straight to a device, past
 * bridge and netfilter, as a CNI of eBPF does. They keep the pod's socket.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCX_NEXT -1
#define IPV4_PROTOCOL 9	/* offsets of the protocol in the network header */
#define IPV6_NEXTHDR 6

const volatile __u32 device;

SEC("tc")
int redirector(struct __sk_buff *ctx)
{
	__u32 offset = ctx->protocol == bpf_htons(ETH_P_IPV6) ? IPV6_NEXTHDR : IPV4_PROTOCOL;
	__u8 protocol = 0;

	if (ctx->protocol != bpf_htons(ETH_P_IP) && ctx->protocol != bpf_htons(ETH_P_IPV6))
		return TCX_NEXT;
	bpf_skb_load_bytes_relative(ctx, offset, &protocol, sizeof(protocol), BPF_HDR_START_NET);
	if (protocol != IPPROTO_UDP)
		return TCX_NEXT;
	return bpf_redirect_neigh(device, 0, 0, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
