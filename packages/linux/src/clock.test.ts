import { expect, it } from 'vitest';
import { clockNs } from './clock.ts';

const MS = 1_000_000n;

it('realtime is the time of day', () => {
  const difference = clockNs('realtime') - BigInt(Date.now()) * MS;
  expect(Math.abs(Number(difference / MS))).toBeLessThan(1000);
});

it('monotonic is what Node measures with', () => {
  const before = process.hrtime.bigint();
  const now = clockNs('monotonic');
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(process.hrtime.bigint());
});

it('tai is ahead by a whole number of leap seconds, if the machine was told', () => {
  const [realtime, tai, later] = [clockNs('realtime'), clockNs('tai'), clockNs('realtime')];
  const leap = Math.round(Number(tai - realtime) / 1e9);
  expect(leap).toBeGreaterThanOrEqual(0);
  expect(tai - BigInt(leap) * 1000n * MS).toBeGreaterThanOrEqual(realtime);
  expect(tai - BigInt(leap) * 1000n * MS).toBeLessThanOrEqual(later);
});
