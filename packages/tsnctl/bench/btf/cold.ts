import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compared, type Figure, measured, type Pair } from '@tsnctl/lab';
import type { Measure } from '../run-bench.ts';

const GOAL_MS = 60;
const VMLINUX = '/sys/kernel/btf/vmlinux';
const find = fileURLToPath(new URL('find-one.ts', import.meta.url));

/** Finding struct sk_buff among all types of the kernel, and its codec, in a process that has done nothing before. */
export const cold: Measure = ({ quick }) => {
  const pairs: Pair[] = [];
  for (let round = 0; round < (quick ? 5 : 21); round++) {
    const node = ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', find, VMLINUX];
    const value = Number(execFileSync(process.execPath, node, { encoding: 'utf8' }));
    const before = performance.now();
    execFileSync('bpftool', ['btf', 'dump', 'file', VMLINUX], { stdio: ['ignore', 'ignore', 'inherit'] });
    pairs.push({ value, against: performance.now() - before });
  }
  const cold: Figure = compared('find/beside-bpftool-dump', 'ms', pairs);
  const values = pairs.map(({ value }) => value);
  return [measured('find/cold', 'ms', values, { goal: GOAL_MS }), cold];
};
