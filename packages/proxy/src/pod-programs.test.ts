import type { BpfProgram } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PodPrograms } from './pod-programs.ts';

let open: number[];
let loads: number[];
beforeEach(() => {
  [open, loads] = [[], []];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

/** As much of a program as is needed: that it is open until it is disposed. */
function load(slot: number): BpfProgram {
  open.push(slot);
  loads.push(slot);
  return { [Symbol.dispose]: () => void open.splice(open.indexOf(slot), 1) } as unknown as BpfProgram;
}

it('loads what it is asked for, unless it is there', () => {
  using programs = new PodPrograms(load);
  programs.prepare(7);
  programs.prepare(7);
  expect(loads).toEqual([7]);
  programs.take(7)[Symbol.dispose]();
  expect([loads, open]).toEqual([[7], []]);
  programs.take(7);
  expect([loads, open]).toEqual([[7, 7], [7]]);
});

it('closes the oldest where there are too many', () => {
  using programs = new PodPrograms(load, 2);
  for (const slot of [1, 2, 3]) programs.prepare(slot);
  expect(open).toEqual([2, 3]);
});

it('closes what nobody takes, and leaves alone what somebody took', () => {
  using programs = new PodPrograms(load);
  for (const slot of [1, 2]) programs.prepare(slot);
  programs.take(2);
  vi.advanceTimersByTime(9_000);
  programs.prepare(2);
  vi.advanceTimersByTime(1_000);
  expect(open).toEqual([2, 2]); // the one that was taken, and the new one for the next pod
  vi.advanceTimersByTime(9_000);
  expect(open).toEqual([2]);
});

it('closes all that are left with itself', () => {
  const programs = new PodPrograms(load);
  for (const slot of [1, 2, 3]) programs.prepare(slot);
  programs[Symbol.dispose]();
  expect([open, vi.getTimerCount()]).toEqual([[], 0]);
});

it('has none more after one that cannot be loaded', () => {
  using programs = new PodPrograms(() => {
    throw new Error('refused');
  });
  expect(() => programs.prepare(1)).toThrow('refused');
  expect(() => programs.take(1)).toThrow('refused');
  expect(vi.getTimerCount()).toBe(0);
});
