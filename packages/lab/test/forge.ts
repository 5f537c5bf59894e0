import { clockNs } from '@tsnctl/linux';
import { getLink } from '@tsnctl/netlink';
import { expect } from 'vitest';
import { at, type Family } from '../src/addresses.ts';
import type { Host } from '../src/host.ts';
import { BRIDGE } from '../src/stage.ts';
import { udpFrame } from './frame.ts';
import { type Plane, record } from './plane.ts';
import { unprivileged, withNetRaw } from './rights.ts';
import { Socket } from './socket.ts';
import { word } from './word.ts';

const REFUSED = expect.objectContaining({ code: 'EPERM' });

/** Words of every clock, with a priority that nobody granted. */
export const words = () =>
  [0, 1, 2, 3].map((clock) => word({ priority: 15, clock, timeNs: clockNs('monotonic') }));

/** A datagram for each word, by a process without any rights. */
export function forgeByUdp({ stage, target }: Plane, family: Family, priority: number): void {
  using socket = Socket.open(stage.pod, 'udp', family);
  unprivileged(() => {
    expect(() => socket.priority(7)).toThrow(REFUSED);
    expect(() => socket.txtime('tai')).toThrow(REFUSED);
    socket.priority(priority).txtime('mono');
    for (const [seq, launchTimeNs] of words().entries())
      socket.send(record({ seq }), { to: [target[family], 7000], launchTimeNs });
  });
}

/** A frame for each word, by a process with CAP_NET_RAW. */
export function forgeByPacket(plane: Plane, priority: number): void {
  using socket = Socket.packet(plane.stage.pod, 'eth0');
  withNetRaw(() => {
    expect(() => socket.txtime('tai')).toThrow(REFUSED);
    socket.priority(priority).txtime('mono');
    for (const [seq, launchTimeNs] of words().entries())
      socket.send(routedFrame(plane, seq), { launchTimeNs });
  });
}

/** From the pod to outside by its gateway. */
export function routedFrame({ stage: { pod, node }, target }: Plane, seq: number): Uint8Array {
  return udpFrame({
    to: hardwareAddress(node, BRIDGE),
    from: hardwareAddress(pod, 'eth0'),
    source: at('pods', 2)[4],
    destination: target[4],
    payload: record({ seq }),
  });
}

export function hardwareAddress(host: Host, device: string): string {
  return host.request(getLink({ name: device }))[0]?.address ?? '';
}
