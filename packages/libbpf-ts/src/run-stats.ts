import { Fd } from '@tsnctl/linux';
import { enableStatsAttr } from './attr.ts';
import { bpf } from './bpf.ts';

const BPF_STATS_RUN_TIME = 0; // enum bpf_stats_type in linux/bpf.h

/**
 * Let the kernel measure every run of every BPF program of this machine, until disposed: the kernel ends it
 * with the descriptor, so also where this process is killed. kernel.bpf_stats_enabled stays as it is.
 * Since kernel 5.8. A run then takes two readings of the clock longer.
 *
 *     using stats = enableRunStats();
 *     program.testRun(new Uint8Array(64), { repeat: 100 });
 *     console.log(program.describe().runs);
 */
export function enableRunStats(): Fd {
  return new Fd(bpf('ENABLE_STATS', enableStatsAttr, { type: BPF_STATS_RUN_TIME }).result);
}
