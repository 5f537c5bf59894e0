import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AFTER_FAILURE_MS, LookTimer } from './look-timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('looks at the nearest of all times, once', async () => {
  let looks = 0;
  using timer = new LookTimer(async () => void looks++, unexpected);
  timer.in(1_000);
  timer.in(30);
  timer.in(5_000);
  await vi.advanceTimersByTimeAsync(29);
  expect(looks).toBe(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks).toBe(1);
});

it('is not put off by what happens all the time', async () => {
  let looks = 0;
  using timer = new LookTimer(async () => void looks++, unexpected);
  for (let at = 0; at < 15; at++) {
    timer.in(100);
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(looks).toBe(1);
});

it('what is asked for while it looks comes after that, and nothing after its end', async () => {
  let looks = 0;
  using timer = new LookTimer(async () => {
    looks++;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }, unexpected);
  timer.in(0);
  await vi.advanceTimersByTimeAsync(1);
  timer.in(100);
  await vi.advanceTimersByTimeAsync(300);
  expect(looks).toBe(1);
  await vi.advanceTimersByTimeAsync(300);
  expect(looks).toBe(2);
  timer[Symbol.dispose]();
  timer.in(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(looks).toBe(2);
});

it.each([
  [
    'throws',
    () => {
      throw new Error('no bpffs');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no bpffs'))],
])('tells of a look that %s, and looks again soon', async (_, fail) => {
  const told: string[] = [];
  let looks = 0;
  using timer = new LookTimer(
    () => {
      looks++;
      return looks < 3 ? fail() : Promise.resolve();
    },
    (error) => told.push(`${error}`),
  );
  timer.in(0);
  await vi.advanceTimersByTimeAsync(1);
  expect([looks, told]).toEqual([1, ['Error: no bpffs']]);
  await vi.advanceTimersByTimeAsync(3 * AFTER_FAILURE_MS);
  expect([looks, told]).toEqual([3, ['Error: no bpffs', 'Error: no bpffs']]);
  timer.in(0); // and it still hears
  await vi.advanceTimersByTimeAsync(1);
  expect(looks).toBe(4);
});

function unexpected(error: unknown): never {
  throw error;
}
