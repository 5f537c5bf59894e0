// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * witness, for tests: notes every packet of a hook, talker record or not, and
 * so stands in for a program of somebody else. With `stamp` it also writes
 * that into tstamp and leaves the type as it is: a tunnel that clears the type
 * (WireGuard) hands such packets to the NIC.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SIGHTS		16384
#define TCP_FLAGS	13	/* offset in struct tcphdr */

const volatile __s32 verdict;
const volatile __u64 stamp;

struct sight {
	__u64 tstamp;
	__u32 priority;
	__u32 tstamp_type;
	__u32 length;
	__u16 ethertype;
	__u8 protocol;
	__u8 tcp_flags;
	__u64 cookie;		/* of the socket that the packet still has, or 0 */
};
_Static_assert(sizeof(struct sight) == 32, "layout");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SIGHTS);
	__type(key, __u32);
	__type(value, struct sight);
} sights SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

/* Where the transport header begins, 0 for frames other than IP. */
static __always_inline __u32 transport(struct __sk_buff *ctx, __u8 *protocol)
{
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (ctx->protocol == bpf_htons(ETH_P_IP) && !bpf_skb_load_bytes(ctx, ETH_HLEN, &ip, sizeof(ip))) {
		*protocol = ip.protocol;
		return ETH_HLEN + ip.ihl * 4;
	}
	if (ctx->protocol == bpf_htons(ETH_P_IPV6) && !bpf_skb_load_bytes(ctx, ETH_HLEN, &ip6, sizeof(ip6))) {
		*protocol = ip6.nexthdr;
		return ETH_HLEN + sizeof(ip6);
	}
	return 0;
}

SEC("tc")
int witness(struct __sk_buff *ctx)
{
	struct sight sight = {
		.tstamp = ctx->tstamp,
		.priority = ctx->priority,
		.tstamp_type = ctx->tstamp_type,
		.length = ctx->len,
		.ethertype = bpf_ntohs(ctx->protocol),
		.cookie = bpf_get_socket_cookie(ctx),
	};
	__u32 zero = 0, index, offset;
	struct sight *slot;
	__u64 *count;

	offset = transport(ctx, &sight.protocol);
	if (offset && sight.protocol == IPPROTO_TCP)
		bpf_skb_load_bytes(ctx, offset + TCP_FLAGS, &sight.tcp_flags, sizeof(sight.tcp_flags));
	if (stamp)
		ctx->tstamp = stamp;
	count = bpf_map_lookup_elem(&seen, &zero);
	if (!count)
		return verdict;
	index = __sync_fetch_and_add(count, 1);
	slot = bpf_map_lookup_elem(&sights, &index);
	if (slot)
		*slot = sight;
	return verdict;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
