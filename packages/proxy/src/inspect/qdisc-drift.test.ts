import { TC_H_ROOT } from '@tsnctl/netlink';
import { expect, it } from 'vitest';
import { link, qdisc } from '../../test/healthy-node.ts';
import type { NodeObservations } from './observations.ts';
import { qdiscDrift } from './qdisc-drift.ts';

const tuned = [{ ifindex: 2, name: 'eth1', kind: 'taprio', handle: 0x10000 }];
const node = (found: readonly ReturnType<typeof qdisc>[], name = 'eth1') =>
  ({ tuned, links: [link(2, name)], qdiscs: found }) as unknown as NodeObservations;
const root = (kind: string, handle = 0x10000) => ({ ...qdisc(2, kind), parent: TC_H_ROOT, handle });
const messages = (observed: NodeObservations) => qdiscDrift(observed).map(({ message }) => message);

it('is none where the qdisc is the one that was put there, or the interface has gone', () => {
  expect(messages(node([root('taprio')]))).toEqual([]);
  expect(qdiscDrift({ ...node([]), links: [] })).toEqual([]);
  expect(qdiscDrift({ ...node([root('fq')]), tuned: [] })).toEqual([]);
});

it.each([
  ['another kind', [root('fq', 0x20000)], 'eth1 has fq at its root, where tsnctl tune put taprio'],
  [
    'another one of the kind',
    [root('taprio', 0x20000)],
    'eth1 has another taprio at its root, where tsnctl tune put taprio',
  ],
  ['none', [], 'eth1 has nothing at its root, where tsnctl tune put taprio'],
])('is told where there is %s', (_, found, message) => {
  expect(messages(node(found))).toEqual([message]);
});

it('has its mend, by the name that the interface has now', () => {
  expect(qdiscDrift(node([root('fq')], 'tsn0'))).toMatchObject([
    { code: 'qdisc', interface: 'tsn0', mend: expect.stringContaining('tsnctl tune --undo --dev tsn0') },
  ]);
});
