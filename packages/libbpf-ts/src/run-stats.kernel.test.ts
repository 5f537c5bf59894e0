import { readFileSync } from 'node:fs';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import { BpfObject } from './object.ts';
import { enableRunStats } from './run-stats.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 10] }));

const packet = new Uint8Array(64);
const sysctl = () => readFileSync('/proc/sys/kernel/bpf_stats_enabled', 'utf8').trim();

it('runStats counts the runs and their time while it is enabled', () => {
  using object = BpfObject.open(testObject('shapes'), 'shapes').load();
  using program = object.program('answering');
  const before = sysctl();
  {
    using _ = enableRunStats();
    program.testRun(packet, { repeat: 1000 });
    expect(sysctl()).toBe(before);
  }
  const { runs, timeNs } = program.runStats();
  expect(runs).toBe(1000n);
  expect(timeNs).toBeGreaterThan(0n);
});
