import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mqprioSchedules, taprioSchedules } from '../../test/schedules.ts';
import { readSchedule } from '../read-schedule.ts';
import { computeGates } from '../streams/compute-gates.ts';
import { drawSvg } from './svg.ts';
import { drawText } from './text.ts';

const TEXT = `
dev: eth1
linkSpeed: 1Gbit
baseTime: 1s
classes:
  - {name: rest, priorities: 0-3, queues: 2}
  - {name: '<&"''>', priorities: 4-5, etf: {delta: 300us}}
  - {name: control-of-the-machine, priorities: 6-7, maxFrame: 256}
gates:
  - {open: [control-of-the-machine], for: 200us}
  - {open: [rest, '<&"''>'], for: 500us}
  - {open: none, for: 10us}
  - {open: [control-of-the-machine], for: 290us}
`;
const { schedule } = readSchedule(TEXT, { file: 's.yaml' });

describe('a schedule as text', () => {
  it('has a line a class, the highest first', () => {
    expect(drawText(schedule)).toBe(`eth1: taprio, cycle 1ms, 1Gbit, CLOCK_TAI, from 1s on

                0ns    250us       500us       750us         1ms
 2 control-of-… █████████▌························██████████████     490us 49.0%
 1 <&"'>        ·········▌███████████████████████▌··············     500us 50.0%
 0 rest         ·········▌███████████████████████▌··············     500us 50.0%

 2 control-of-… priorities 6-7, queue 3, frames to 256 B
 1 <&"'>        priorities 4-5, queue 2, etf, 300us ahead
 0 rest         priorities 0-3,8-15, queues 0-1
`);
  });

  it('names what a class has of priorities, of one and of none too', () => {
    const text = `qdisc: mqprio
classes: [{name: rest, priorities: 0-14}, {name: one, priorities: 15}, {name: none}]
`;
    const { schedule } = readSchedule(text, { file: 's.yaml' });
    expect(drawText(schedule)).toContain(`
 2 none         no priority, queue 2
 1 one          priority 15, queue 1
 0 rest         priorities 0-14, queue 0
`);
  });

  it('tells how long each stream waits', () => {
    const streams = `linkSpeed: 1Gbit
classes: [{name: rest}, {name: control, priorities: 7}]
streams: [{name: axis, class: control, period: 1ms, size: 128, deadline: 300us}]
`;
    const made = computeGates(readSchedule(streams, { file: 's.yaml' }).schedule, 1_000_000_000n);
    expect(drawText(made).split('\n').slice(-3)).toEqual([
      'stream             class                      waits      is gone     deadline',
      'axis               control                249.999us    251.183us        300us',
      '',
    ]);
  });

  it('fits 80 columns, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(taprioSchedules, mqprioSchedules), (any) => {
        for (const line of drawText(any).split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe('a schedule as a picture', () => {
  it('is light or dark, and takes no name for markup', () => {
    const svg = drawSvg(schedule);
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
    expect(svg).toContain('1 &#60;&#38;&#34;&#39;&#62;</text>');
    expect(svg.match(/<rect class="open"/g)).toHaveLength(4);
  });

  it('stays inside its frame', () => {
    fc.assert(
      fc.property(taprioSchedules, (any) => {
        for (const [, x, width] of drawSvg(any).matchAll(
          /class="open" x="([\d.]+)" y="\d+" width="([\d.]+)"/g,
        )) {
          expect(Number(x)).toBeGreaterThanOrEqual(170);
          expect(Number(x) + Number(width)).toBeLessThanOrEqual(772);
        }
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});
