import { inspectNode } from '@tsnctl/proxy';
import { expect, it } from 'vitest';
import { inspectCase } from '../../../proxy/test/inspect-cases.ts';
import { busier } from '../../../proxy/test/later.ts';
import { firstLine, watchLines } from './lines.ts';
import { watchNext } from './watched.ts';

const first = inspectNode(inspectCase('taprio'));

it('says first what there is', () => {
  expect(firstLine(first)).toBe(
    '2026-11-29T10:00:00.000Z node pods=2 carried=1 uplinks=1 attached=1 drift=0',
  );
});

it('has a line for all that moves, and for each event', () => {
  const after = busier(first);
  after.pods.pop();
  expect(watchLines(watchNext(watchNext(undefined, first), after))).toEqual([
    '2026-11-29T10:00:02.000Z pod default/motion veth1a2b time=0.5/s 3=1200/s denied=10/s',
    '2026-11-29T10:00:02.000Z uplink eth1 3=1200/s',
    '2026-11-29T10:00:02.000Z uplink eth1 class 100:1 packets=1200/s bits=960000/s drops=2/s',
    '2026-11-29T10:00:02.000Z event pod veth3c4d went',
  ]);
});
