import { expect, it } from 'vitest';
import { clockNs } from './clock.ts';
import { clockState } from './clock-state.ts';

it('has the offset by which CLOCK_TAI is ahead', () => {
  const [realtime, tai] = [clockNs('realtime'), clockNs('tai')];
  expect(clockState().taiOffsetS).toBe(Math.round(Number(tai - realtime) / 1e9));
});

it('says how far off the clock may be', () => {
  expect(clockState().maxErrorUs).toBeGreaterThanOrEqual(0);
  expect(clockState().maxErrorUs).toBeLessThanOrEqual(16_000_000); // where the kernel stops counting, NTP_PHASE_LIMIT
});
