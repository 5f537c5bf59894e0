import { systemCall } from '@tsnctl/linux';
import { attachPod, Tables } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { addPod, EVERYTHING, NEEDS, Plane, record, Sender } from '../test/plane.ts';
import { Socket } from '../test/socket.ts';
import { at } from './addresses.ts';
import { Lab } from './lab.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const ROUNDS = 5000;
const CLOSED_PORT = 9;

describe('a neighbour whose packets never reach the NIC', () => {
  // The reference kept metadata by the address of the skb, which the next packet of this CPU gets again.
  it.for([0, 2])('leaves nothing behind for a pod of priority %i', async (priority) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: EVERYTHING });
    const neighbour = addPod(lab, plane, 3);
    addPod(lab, plane, 4);
    plane.proxy.change(attachPod(neighbour.side, EVERYTHING));
    using loud = Socket.open(neighbour.host, 'udp', 4).priority(6).txtime('mono');
    using quiet = new Sender(plane.stage.pod, plane.target[4], { priority });
    quiet.send(); // the way is known before it counts
    await plane.seen(1);
    plane.counted();

    {
      using _ = onOneCpu();
      for (let seq = 0; seq < ROUNDS; seq++) {
        const launchTimeNs = process.hrtime.bigint();
        loud.send(record({ seq, priority: 6 }), { to: [at('pods', 4)[4], CLOSED_PORT], launchTimeNs });
        quiet.send();
      }
    }

    const packets = await plane.seen(ROUNDS);
    expect(packets).toHaveLength(ROUNDS);
    expect(new Set(packets.map(({ flow }) => flow))).toEqual(new Set([quiet.flow]));
    expect(packets.filter((packet) => packet.priority !== priority || packet.tstamp !== 0n)).toEqual([]);
    const all = BigInt(ROUNDS);
    expect(plane.counted()).toEqual(
      priority === 0 ? { pod: {}, uplink: {} } : { pod: { saved: all }, uplink: { restored: all } },
    );
    using tables = new Tables(plane.proxy.pins);
    expect(tables.counters('pod', plane.stage.node.index(neighbour.side))).toMatchObject({ saved: all });
  });
});

const CPU_SET_BYTES = 128;
const getAffinity = systemCall('int sched_getaffinity(int pid, size_t bytes, _Out_ void *cpus)');
const setAffinity = systemCall('int sched_setaffinity(int pid, size_t bytes, const void *cpus)');

/** Keep this thread on the first of its CPUs. */
function onOneCpu(): Disposable {
  const before = new Uint8Array(CPU_SET_BYTES);
  getAffinity(0, CPU_SET_BYTES, before);
  const first = before.findIndex((cpus) => cpus !== 0);
  const lowest = (before[first] ?? 0) & -(before[first] ?? 0);
  setAffinity(0, CPU_SET_BYTES, new Uint8Array(CPU_SET_BYTES).fill(lowest, first, first + 1));
  return { [Symbol.dispose]: () => void setAffinity(0, CPU_SET_BYTES, before) };
}
