import { clockNs, kernelAtLeast, systemCall } from '@tsnctl/linux';
import type { UplinkClock } from '@tsnctl/proxy';
import { useLeakCheck, virtualMachine } from '@tsnctl/testkit';
import { expect, it } from 'vitest';
import { EVERYTHING, Plane, Sender } from '../test/plane.ts';
import { Lab } from './lab.ts';

useLeakCheck();

const SECOND = 1_000_000_000n;
const HOUR = 3_600n * SECOND;
const COUNT = 50;
/** Between two readings of clocks, on an emulated machine. */
const CONVERTED_NS = 200_000_000;

const CLOCK_REALTIME = 0; // linux/time.h
const ADJ_TAI = 0x80; // linux/timex.h
const clockSettime = systemCall('int clock_settime(int clock, const int64_t *time)');
const adjtimex = systemCall('int adjtimex(_Inout_ uint8_t *timex)');

/** What happens to the machine's clock, and back: for virtual machines alone. */
const STEPS: Readonly<Record<string, { there: () => void; back: () => void; byS: number }>> = {
  'an hour ahead': { there: () => step(HOUR), back: () => step(-HOUR), byS: 3_600 },
  'an hour back': { there: () => step(-HOUR), back: () => step(HOUR), byS: -3_600 },
  'TAI becomes 37 s': { there: () => setTai(37), back: () => setTai(0), byS: 37 },
};

/** The clock of the sender, and of the NIC's qdisc. */
const WAYS = [
  ['mono', 'mono'],
  ['tai', 'tai'],
  ['mono', 'tai'],
  ['tai', 'mono'],
] as const satisfies (readonly [UplinkClock, UplinkClock])[];

const FULL = virtualMachine()?.set === 'full';
const cases = Object.keys(STEPS)
  .flatMap((name) => WAYS.map(([from, to]) => ({ name, from, to })))
  .filter(({ name, to }) => FULL || (name !== 'an hour back' && to === 'tai'));

it.for(Object.keys(STEPS))('%s: that is what happens to TAI, and MONOTONIC goes on', (name) => {
  const { there, back, byS } = STEPS[name] ?? expect.fail();
  const moved = (action: () => void) => {
    const before = taiMinusMono();
    action();
    return Math.round(Number(taiMinusMono() - before) / Number(SECOND));
  };
  expect([moved(there), moved(back)]).toEqual([byS, -byS]);
});

// In host mode a launch time crosses the border by itself: since 6.11.
if (kernelAtLeast(6, 11)) {
  it.for(cases)(
    '$name: a launch time in $from is right on a NIC of $to, before and after',
    async (wanted) => {
      const { there, back } = STEPS[wanted.name] ?? expect.fail();
      const { from, to } = wanted;
      await using lab = Lab.create();
      const plane = new Plane(lab, { clock: to, policy: EVERYTHING });
      using sender = new Sender(plane.stage.pod, plane.target[4], { priority: 5, clock: from });
      const now = () => clockNs(from === 'tai' ? 'tai' : 'monotonic');
      const expectRight = async () => {
        for (let sent = 0; sent < COUNT; sent++) sender.send(now() + SECOND);
        const packets = await plane.seen(COUNT);
        const moved = from === to ? 0n : to === 'tai' ? taiMinusMono() : -taiMinusMono();
        for (const { priority, tstamp, asked_time_ns } of packets) {
          expect(priority).toBe(5);
          const error = Math.abs(Number(tstamp - asked_time_ns - moved));
          expect(error).toBeLessThanOrEqual(from === to ? 0 : CONVERTED_NS);
        }
      };
      await expectRight();
      there();
      try {
        await expectRight();
      } finally {
        back();
      }
      await expectRight();
    },
  );
}

/** Equivalent to: date -s */
function step(byNs: bigint): void {
  const before = clockNs('monotonic');
  const time = BigInt(Date.now()) * 1_000_000n + byNs + (clockNs('monotonic') - before);
  clockSettime(CLOCK_REALTIME, new BigInt64Array([time / SECOND, time % SECOND]));
}

/** Equivalent to: adjtimex --tai SECONDS */
function setTai(seconds: number): void {
  const timex = new Uint8Array(208); // struct timex
  const view = new DataView(timex.buffer);
  view.setUint32(0, ADJ_TAI, true);
  view.setBigInt64(48, BigInt(seconds), true); // constant
  adjtimex(timex);
}

function taiMinusMono(): bigint {
  return clockNs('tai') - clockNs('monotonic');
}
