// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* What a hook and the run-time statistics cost by themselves. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int empty(struct __sk_buff *ctx)
{
	return -1;	/* TCX_NEXT */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
