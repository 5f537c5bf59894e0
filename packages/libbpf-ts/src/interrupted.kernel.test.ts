import { Session } from 'node:inspector/promises';
import { systemCall } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import { BpfObject } from './object.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 10] }));

/** The verifier goes through each: a hundred times what the profiler leaves it. */
const MANY = { rounds: 40_000 };

const slow = (constants: Record<string, unknown>) =>
  BpfObject.open(testObject('slow'), 'slow').setConstants(constants);

const refusal = (what: string) => ({
  code: 'EAGAIN',
  message: `${what} was not loaded: signals interrupted the verifier each time`,
  hint: 'without the profiler or timer that signals this process, or with a longer interval: node --cpu-prof --cpu-prof-interval 100000',
});

describe('a profiler that signals each half millisecond', () => {
  it('load says why it cannot', async () => {
    await using _profiler = await profile();
    using object = slow(MANY);
    expect(() => object.load()).toThrow(expect.objectContaining(refusal('slow')));
  });

  it('so does programWith', async () => {
    using object = slow({ rounds: 1 }).load();
    await using _profiler = await profile();
    expect(() => object.programWith('slow', MANY)).toThrow(expect.objectContaining(refusal('program slow')));
  });

  it('without it, both load', () => {
    using object = slow(MANY).load();
    using program = object.programWith('slow', MANY);
    expect(program.info().name).toBe('slow');
  });
});

it('a single signal does no harm', async () => {
  using object = slow({ rounds: 1 }).load();
  const came = new Promise((resolve) => process.once('SIGALRM', resolve));
  signalIn(5_000);
  using program = object.programWith('slow', MANY);
  await came;
  expect(program.info().name).toBe('slow');
});

/** As `node --cpu-prof --cpu-prof-interval 500`. */
async function profile(): Promise<AsyncDisposable> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  return {
    async [Symbol.asyncDispose]() {
      await session.post('Profiler.stop');
      session.disconnect();
    },
  };
}

const ITIMER_REAL = 0; // sys/time.h
const setitimer = systemCall('int setitimer(int which, const void *value, void *former)');

function signalIn(us: number): void {
  setitimer(ITIMER_REAL, new BigInt64Array([0n, 0n, 0n, BigInt(us)]), null); // struct itimerval
}
