// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The verifier refuses this: packet bytes are read that may not be there. refused.hex is this, compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int reckless(struct __sk_buff *ctx)
{
	return *(__u8 *)(long)ctx->data;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
