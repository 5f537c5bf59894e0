import {
  type EthtoolTarget,
  getChannels,
  getFeatures,
  getGenlFamily,
  getLink,
  getLinkModes,
  getLinkState,
  getTsInfo,
  setChannels,
  setFeatures,
  setLink,
} from '@tsnctl/netlink';
import { requires, type TestNamespace, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { NetlinkSocket } from './netlink-socket.ts';

const GENERIC = 16; // NETLINK_GENERIC in linux/netlink.h

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 18] }));

/** A pair with four queues each way, and a socket for ethtool's protocol in its namespace. */
function pair() {
  const ns = testNamespace();
  const index = ns.add({ kind: 'veth', name: 'v0', numTxQueues: 4, numRxQueues: 4, peer: { name: 'v1' } });
  const socket = NetlinkSocket.open({ netns: ns.netns, protocol: GENERIC });
  const [family] = socket.request(getGenlFamily({ name: 'ethtool' }));
  const v0: EthtoolTarget = { family: family?.id ?? 0, name: 'v0' };
  return { ns, index, socket, v0, [Symbol.dispose]: () => close(ns, socket) };
}

function close(ns: TestNamespace, socket: NetlinkSocket): void {
  socket[Symbol.dispose]();
  ns[Symbol.dispose]();
}

it('channels are set, read back, and refused beyond the maximum', () => {
  using rig = pair();
  const { socket, v0 } = rig;
  socket.request(setChannels({ ...v0, tx: 2, rx: 3 }));
  expect(socket.request(getChannels(v0))).toEqual([{ maximum: { rx: 4, tx: 4 }, current: { rx: 3, tx: 2 } }]);
  expect(() => socket.request(setChannels({ ...v0, tx: 9 }))).toThrow(
    expect.objectContaining({
      code: 'EINVAL',
      field: 'tx',
      message: 'ethtool -L v0 tx 9: invalid argument (requested channel count exceeds maximum, at tx)',
    }),
  );
});

it('features are switched by name, and read back', () => {
  using rig = pair();
  const { socket, v0 } = rig;
  const [before] = socket.request(getFeatures(v0));
  expect(before?.active).toContain('tx-udp-segmentation');
  expect(before?.switchable).toContain('tx-udp-segmentation');
  socket.request(setFeatures({ ...v0, features: { 'tx-udp-segmentation': false, 'rx-gro': true } }));
  const [after] = socket.request(getFeatures(v0));
  expect(after?.active).not.toContain('tx-udp-segmentation');
  expect(after?.active).toContain('rx-gro');
  expect(() => socket.request(setFeatures({ ...v0, features: { 'no-such-thing': true } }))).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /no-such-thing on: .* \(bit name not found, at features\.no-such-thing\)$/,
      ),
    }),
  );
});

it('speed, link and clocks are told, by name and by index', () => {
  using rig = pair();
  const { ns, index, socket, v0 } = rig;
  expect(socket.request(getLinkState(v0))).toEqual([{ link: false }]);
  const [peer] = ns.socket.request(getLink({ name: 'v1' }));
  ns.socket.request(setLink({ index: peer?.index ?? 0, up: true }));
  const byIndex = { family: v0.family, index };
  expect(socket.request(getLinkState(byIndex))).toEqual([{ link: true }]);
  expect(socket.request(getLinkModes(byIndex))).toMatchObject([{ speedMbps: 10_000, duplex: 'full' }]);
  const [info] = socket.request(getTsInfo(byIndex));
  expect(info?.timestamping).toContain('software-transmit');
  expect(info).not.toHaveProperty('phcIndex');
});
