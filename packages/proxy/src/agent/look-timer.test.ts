import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LookTimer } from './look-timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('looks at the nearest of all times, once', async () => {
  let looks = 0;
  using timer = new LookTimer(async () => void looks++);
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
  using timer = new LookTimer(async () => void looks++);
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
  });
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
