import { clockNs } from '@tsnctl/linux';
import { attachPod } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { addPod, EVERYTHING, NEEDS, Plane, record } from '../test/plane.ts';
import { Socket } from '../test/socket.ts';
import { at, type Family } from './addresses.ts';
import { Lab } from './lab.ts';
import { BRIDGE, POD_SIDE } from './stage.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const SECOND = 1_000_000_000n;
const PORT = 7000;

/** What an application asks for, with a launch time that no receive stamp can be. */
const asked = [
  { asks: 'nothing', priority: 0, timed: false },
  { asks: 'a priority', priority: 6, timed: false },
  { asks: 'a priority and a launch time', priority: 6, timed: true },
] as const;

describe.for([4, 6] as const)('a receiver that asks when packets came, IPv%i', (family) => {
  it.for(asked)('outside, is told so of a packet with $asks', async (wanted) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: EVERYTHING });
    const address = at('nic', 2)[family];
    using receiver = Socket.open(plane.stage.outside, 'udp', family).timestamps().bind(address, PORT);
    expectReceiveStamps(plane, family, wanted, address, receiver);
  });

  it.for(asked)('in a pod of the same node, is told so of a packet with $asks', async (wanted) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: EVERYTHING });
    const { host, side } = addPod(lab, plane, 3);
    plane.proxy.change(attachPod(side, EVERYTHING));
    const address = at('pods', 3)[family];
    using receiver = Socket.open(host, 'udp', family).timestamps().bind(address, PORT);
    expectReceiveStamps(plane, family, wanted, address, receiver);
  });

  it.for(asked)('that captures on the way, is told so of a packet with $asks', async (wanted) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: EVERYTHING });
    for (const device of [POD_SIDE, BRIDGE]) {
      using capture = Socket.packet(plane.stage.node, device, { listen: true }).timestamps();
      expectReceiveStamps(plane, family, wanted, plane.target[family], capture);
    }
  });
});

/** Send to an address; whatever the receiver hears of it was stamped between sending and now. */
function expectReceiveStamps(
  { stage }: Plane,
  family: Family,
  { priority, timed }: (typeof asked)[number],
  address: string,
  receiver: Socket,
): void {
  using sender = Socket.open(stage.pod, 'udp', family).priority(priority).txtime('mono');
  const launchTimeNs = clockNs('monotonic') + SECOND;
  for (let seq = 0; seq < 5; seq++) {
    const before = clockNs('realtime');
    const payload = record({ flow: 5, seq, priority });
    sender.send(payload, { to: [address, PORT], ...(timed ? { launchTimeNs } : {}) });
    const stampNs = receive(receiver, payload);
    expect(stampNs).toBeGreaterThanOrEqual(before);
    expect(stampNs).toBeLessThanOrEqual(clockNs('realtime'));
  }
}

/** The stamp of this packet; a capture hears others too. */
function receive(receiver: Socket, payload: Buffer): bigint | undefined {
  for (;;) {
    const heard = receiver.receive();
    if (heard.payload.subarray(-payload.length).equals(payload)) return heard.stampNs;
  }
}
