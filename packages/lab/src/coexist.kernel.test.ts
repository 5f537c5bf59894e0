import { addQdisc } from '@tsnctl/netlink';
import { present } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { EVERYTHING, NEEDS, Plane, type PlaneOptions, Sender, until } from '../test/plane.ts';
import { type Sight, Witness } from '../test/witness.ts';
import { carrier, word } from '../test/word.ts';
import { Lab } from './lab.ts';
import { NIC, POD_SIDE } from './stage.ts';
import { stageTalker } from './staging.ts';
import { Talker } from './talker.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const COUNT = 50;
const UDP = 17; // protocol number
const hooks = [
  { device: POD_SIDE, direction: 'ingress' },
  { device: NIC, direction: 'egress' },
] as const;

describe('programs of others on the same hooks', () => {
  it.for([
    ['strip', {}, 0],
    ['saver', { policy: EVERYTHING }, 6],
  ] as const)(
    'run behind the restorer and %s, on tcx and as a clsact filter',
    async ([, options, priority]) => {
      await using lab = Lab.create();
      const plane = new Plane(lab, options satisfies PlaneOptions);
      const { node, pod } = plane.stage;
      const witnesses = hooks.flatMap(({ device, direction }) => {
        node.request(addQdisc({ index: node.index(device), kind: 'clsact' }));
        return [Witness.tcx(node, device, direction), Witness.filter(node, device, direction)];
      });
      for (const witness of witnesses) lab.use(witness);
      using marked = new Sender(pod, plane.target[4], { priority: 6 });
      using forged = new Sender(pod, plane.target[4], { clock: 'mono' });
      for (let count = 0; count < COUNT; count++) marked.send();
      for (let count = 0; count < COUNT; count++) forged.send(word({ priority: 15, timeNs: 1n }));
      await plane.seen(2 * COUNT);

      const [tcxIn, filterIn, tcxOut, filterOut] = witnesses.map((witness) => fields(udp(witness.sights)));
      const atPod = { priority: 0, tstamp: priority === 0 ? 0n : word({ priority, clock: carrier.none }) };
      const nothing = { priority: 0, tstamp: 0n };
      expect(tcxIn).toEqual([...times(COUNT, atPod), ...times(COUNT, nothing)]);
      expect(filterIn).toEqual(tcxIn);
      expect(tcxOut).toEqual([...times(COUNT, { priority, tstamp: 0n }), ...times(COUNT, nothing)]);
      expect(filterOut).toEqual(tcxOut);
    },
  );

  it('that got ahead of ours are overtaken, and no packet loses its priority meanwhile', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: EVERYTHING });
    const { node, pod } = plane.stage;
    const isFirst = () => plane.proxy.observe().attachments.map(({ role, first }) => [role, first]);
    for (const { device, direction } of hooks)
      lab.use(Witness.tcx(node, device, direction, { position: 'first' }));
    expect(isFirst()).toEqual(
      expect.arrayContaining([
        ['saver', false],
        ['restorer', false],
      ]),
    );
    expect(plane.proxy.plan(present).map((step) => step.do)).toEqual(['move-first', 'move-first']);

    const [count, flow] = [8000, 77];
    const to = ['--to', plane.target[4], '--port', '7001', '--proto', 'udp', '--flow', `${flow}`];
    const asks = ['--priority', '6', '--count', `${count}`, '--interval-us', '400'];
    await using talker = Talker.start(stageTalker(lab), pod, 'none', ['send', ...to, ...asks]);
    await until(() => plane.observer.observed > 0, 'the first packet');
    plane.proxy.change(present);
    expect(plane.observer.observed).toBeLessThan(count); // it was moved under way
    await talker.done();

    const packets = await plane.seen(count);
    expect(packets.filter(({ priority }) => priority !== 6)).toEqual([]);
    expect(isFirst()).toEqual(
      expect.arrayContaining([
        ['saver', true],
        ['restorer', true],
      ]),
    );
    expect(plane.proxy.plan(present)).toEqual([]);
  });
});

function udp(sights: readonly Sight[]): Sight[] {
  return sights.filter(({ protocol }) => protocol === UDP);
}

function fields(sights: readonly Sight[]): Pick<Sight, 'priority' | 'tstamp'>[] {
  return sights.map(({ priority, tstamp }) => ({ priority, tstamp }));
}

function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}
