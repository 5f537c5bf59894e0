import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { EVERYTHING, MODES, NEEDS, Plane, record, until } from '../test/plane.ts';
import { Socket } from '../test/socket.ts';
import { type Sight, Witness } from '../test/witness.ts';
import { at } from './addresses.ts';
import { Lab } from './lab.ts';
import { Observer } from './observer.ts';
import { NIC } from './stage.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const COUNT = 10;
const PORT = 7000;
const TCP = 6; // protocol number
const SYN = 0x02;
const ACK = 0x10;

describe.for(MODES.flatMap((mode) => [{ mode, family: 4 } as const, { mode, family: 6 } as const]))(
  'TCP in $mode mode over IPv$family',
  ({ mode, family }) => {
    it.for(['mono', 'tai', 'none'] as const)('has its priority, uplink clock %s', async (clock) => {
      await using lab = Lab.create();
      const plane = new Plane(lab, { clock, policy: EVERYTHING, mode });
      const { pod, node, outside } = plane.stage;
      const atPod = lab.use(new Observer(pod, 'eth0'));
      const witness = lab.use(Witness.tcx(node, NIC, 'egress'));
      using _server = Socket.open(outside, 'tcp', family).bind(at('nic', 2)[family], PORT).listen();
      using client = Socket.open(pod, 'tcp', family).priority(3).connect(plane.target[family], PORT);
      for (let seq = 0; seq < COUNT; seq++) client.send(record({ flow: 1, seq, priority: 3 }));

      const packets = await plane.seen(COUNT);
      const sent = atPod.take().sort((a, b) => a.seq - b.seq);
      expect(sent).toHaveLength(COUNT);
      expect(sent.every(({ tstamp }) => tstamp !== 0n)).toBe(true); // TCP's pacing time
      const paced = sent.map(({ tstamp }) => ({ priority: 3, tstamp: pacing(tstamp), tstamp_type: 1 }));
      const unpaced = sent.map(() => ({ priority: 3, tstamp: 0n }));
      expect(packets).toMatchObject(clock === 'mono' ? paced : unpaced);

      const { pod: saved, uplink: restored } = plane.counted();
      const all = tcp(witness.sights);
      expect(new Set(all.map(({ priority }) => priority))).toEqual(new Set([3]));
      expect(all.filter(({ tcp_flags }) => tcp_flags === SYN)).toHaveLength(1);
      expect({ saved, restored }).toEqual({
        saved: { saved: BigInt(all.length) },
        restored: { restored: BigInt(all.length) },
      });
    });

    // To a cookie the kernel gives no socket, only its priority.
    const asked = [5, { pod: { saved: 1n }, uplink: { restored: 1n } }] as const;
    it.for([
      ['by a request', ...asked, '1'],
      ['by a cookie', ...(mode === 'pod' ? asked : ([0, { pod: {}, uplink: {} }] as const)), '2'],
    ] as const)(
      'answers a SYN %s with priority %i, where its listener has 5',
      async ([, priority, counts, cookies]) => {
        await using lab = Lab.create();
        const plane = new Plane(lab, { policy: EVERYTHING, mode });
        const { pod, node, outside } = plane.stage;
        pod.sysctl('net/ipv4/tcp_syncookies', cookies);
        const witness = lab.use(Witness.tcx(node, NIC, 'egress'));
        const address = at('pods', 2)[family];
        using _server = Socket.open(pod, 'tcp', family).priority(5).bind(address, PORT).listen();
        using client = Socket.open(outside, 'tcp', family).connect(address, PORT);
        client.send(record({}));
        await until(() => tcp(witness.sights).length >= 2, 'SYN-ACK and ACK');

        const [synAck, ...accepted] = tcp(witness.sights);
        expect(synAck).toMatchObject({ tcp_flags: SYN | ACK, priority });
        expect(accepted.every((packet) => packet.priority === 0)).toBe(true); // until the server asks for more
        expect(plane.counted()).toEqual(counts);
      },
    );
  },
);

/** What an observer behind pod_saver sees is a word. */
function pacing(tstamp: bigint): bigint {
  return tstamp >> 62n === 1n ? tstamp & ((1n << 56n) - 1n) : tstamp;
}

function tcp(sights: readonly Sight[]): Sight[] {
  return sights.filter(({ protocol }) => protocol === TCP);
}
