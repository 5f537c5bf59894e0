// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The verifier goes through each round: many take it long. slow.hex is this, compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 rounds = 1;

SEC("tc")
int slow(struct __sk_buff *ctx)
{
	__u32 done = 0;

	while (done < rounds) {
		done++;
		barrier_var(done);
	}
	return done == ctx->len;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
