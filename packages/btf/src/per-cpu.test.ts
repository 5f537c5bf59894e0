import { decode, encode, u32 } from '@tsnctl/codec';
import { expect, it } from 'vitest';
import { perCpu } from './per-cpu.ts';

it('has a value for each CPU, 8 bytes apart, the padding zero', () => {
  const counters = perCpu(u32, 3);
  expect(counters.size).toBe(24);
  const bytes = encode(counters, [1, 2, 0xffff_ffff]);
  expect([...bytes]).toEqual([
    1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0,
  ]);
  expect(decode(counters, bytes)).toEqual([1, 2, 0xffff_ffff]);
});

it('names the CPU whose value does not fit, and how many there are', () => {
  expect(() => encode(perCpu(u32, 2), [1, -1])).toThrow('1: -1 is not an integer');
  expect(() => encode(perCpu(u32, 2), [1])).toThrow('1 elements where 2 belong');
});
