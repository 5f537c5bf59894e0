import { stripVTControlCharacters } from 'node:util';
import { inspectNode, type NodeSnapshot } from '@tsnctl/proxy';
import { describe, expect, it } from 'vitest';
import { inspectCase } from '../../../proxy/test/inspect-cases.ts';
import { busier, later } from '../../../proxy/test/later.ts';
import { painter } from '../render/colour.ts';
import { watchFrame } from './frame.ts';
import { watchFailed, watchNext } from './watched.ts';

const first = inspectNode(inspectCase('taprio'));
const drift = inspectNode(inspectCase('drift'));
const watched = watchNext(watchNext(undefined, first), busier(first));

/** The same node with more pods. */
function crowded(snapshot: NodeSnapshot, pods: number): NodeSnapshot {
  return later(snapshot, 1, (next) => {
    const [pod] = next.pods;
    next.pods = Array.from({ length: pods }, (_, at) => ({ ...pod, pod: `default/p${at}` }) as never);
  });
}

describe('watchFrame', () => {
  it('shows rates by priority and class', () => {
    expect(`${watchFrame(watched, { columns: 80, rows: 20 }).join('\n')}\n`).toBe(
      `tsnctl  kernel 6.12.57  by tcx                                      10:00:02 UTC
all is as wanted

                                      PACKETS/S BY PRIORITY
POD             INTERFACE  STATE      time     3   ELSE/S
default/motion  veth1a2b   carried     0.5  1.2k   denied 10
veth3c4d                   stripped      ·     ·

UPLINK eth1  restored/s  3: 1.2k
  CLASS  OF      QUEUE  PRIORITIES  PACKETS/S  BIT/S  DROPS/S  WAITING
  100:1  taprio      0  3                1.2k   960k        2        0
  100:2  taprio      1  2                   ·      ·        ·        0
  100:3  taprio      2  0-1,4-15            ·      ·        ·        0






q quit   space pause   ↑↓ pods
`,
    );
  });

  it('shows what is not as wanted, and what happened', () => {
    const lines = watchFrame(watchNext(undefined, drift), { columns: 80, rows: 40 });
    expect(lines[1]).toBe('11 not as wanted; tsnctl inspect says why, and what to do');
    expect(lines).toContain('EVENTS');
    expect(lines).toContain(
      '10:00:00  drift: eth2 has fq and no restorer: marked packets of pods that leave there are dropped',
    );
  });

  it.each([
    [80, 24],
    [120, 40],
    [40, 6],
  ])('fits %s by %s, whatever there is', (columns, rows) => {
    for (const snapshot of [first, drift, crowded(drift, 300)]) {
      const lines = watchFrame(watchNext(watched, snapshot), {
        columns,
        rows,
        paint: painter({ isTTY: true }, {}),
      });
      expect(lines).toHaveLength(rows);
      expect(stripVTControlCharacters(lines.at(-1) ?? '')).toBe('q quit   space pause   ↑↓ pods');
    }
  });

  it('scrolls pods, and says how many are hidden', () => {
    const many = watchNext(undefined, crowded(first, 50));
    const shown = (from: number) =>
      watchFrame(many, { columns: 80, rows: 24, from }).filter((line) => line.startsWith('default/p'));
    expect(shown(0)[0]).toMatch(/^default\/p0 /);
    expect(shown(10)[0]).toMatch(/^default\/p10 /);
    expect(shown(49).at(-1)).toMatch(/^default\/p49 /);
    expect(watchFrame(many, { columns: 80, rows: 24 })).toContain(`  ${50 - shown(0).length} more pods`);
  });

  it('says so where nothing is to be seen', () => {
    const bare = watchNext(undefined, inspectNode(inspectCase('foreign-pin')));
    const empty = watchNext(
      undefined,
      later(bare.snapshot, 1, (next) => void Object.assign(next, { pods: [], uplinks: [] })),
    );
    expect(watchFrame(empty, { columns: 80, rows: 24 })).toContain('no pods and no uplinks here');
    const unprivileged = watchNext(undefined, inspectNode(inspectCase('unprivileged')));
    expect(watchFrame(unprivileged, { columns: 80, rows: 24 })[1]).toBe(
      'not all can be seen: bpf PROG_QUERY: EPERM',
    );
  });

  it('tells a look that failed once', () => {
    const failed = watchFailed(watched, new Error('ENODEV'), new Date('2026-11-29T10:00:03Z'));
    const again = watchFailed(failed, new Error('ENODEV'), new Date('2026-11-29T10:00:04Z'));
    expect(again.events.map(({ text }) => text)).toEqual(['looking failed: ENODEV']);
  });

  it('says that it is paused', () => {
    expect(watchFrame(watched, { columns: 80, rows: 24, paused: true })[0]).toMatch(
      /paused {2}10:00:02 UTC$/,
    );
  });
});
