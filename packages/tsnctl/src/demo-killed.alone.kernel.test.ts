import { sweep } from '@tsnctl/lab';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killRunning } from '../test/cli.ts';
import { demoAt, hasTalkers } from '../test/demo-at.ts';
import { remainsOf } from '../test/remains.ts';
import { requireMachine } from '../test/requirements.ts';

// Alone: every lab that somebody makes meanwhile would sweep away what this one leaves.
beforeEach((ctx) => requireMachine(ctx));
afterEach(async () => {
  const running = await killRunning();
  sweep();
  expect(running).toEqual([]);
});

it('a demo that SIGKILL stops: its processes end with it, the rest goes with the next run', async () => {
  const killed = await demoAt('masquerade');
  await hasTalkers(killed.pid);
  killed.kill('SIGKILL');
  await killed.ended;
  await expect.poll(() => remainsOf(killed.pid).filter((left) => left.startsWith('process'))).toEqual([]);
  expect(remainsOf(killed.pid)).not.toEqual([]);
  const next = await demoAt('l2-bridge');
  expect(remainsOf(killed.pid)).toEqual([]);
  next.kill('SIGINT');
  await next.ended;
  expect(remainsOf(next.pid)).toEqual([]);
});
