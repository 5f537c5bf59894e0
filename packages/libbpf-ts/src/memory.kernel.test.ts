import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [6, 6] }));

// Before bpf() held its buffers, three of four rounds went wrong under these flags, or malloc aborted.
it('buffers live as long as the kernel has their addresses', () => {
  const hammer = fileURLToPath(new URL('../test/hammer.ts', import.meta.url));
  const pressure = ['--gc-interval=101', '--max-semi-space-size=1'];
  const node = [...pressure, '-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', hammer];
  const answer = execFileSync(process.execPath, node, { encoding: 'utf8' });
  expect(JSON.parse(answer)).toEqual({ rounds: 20_000, wrong: 0, first: [] });
});
