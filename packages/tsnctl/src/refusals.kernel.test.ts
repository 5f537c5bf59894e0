import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { killRunning } from '../test/cli.ts';
import { arrayMap, idleProgram } from '../test/foreign.ts';
import { requireMachine, whatIsMissing } from '../test/requirements.ts';
import { NodeStage } from '../test/stage.ts';

let stage: NodeStage;

beforeEach(requireMachine);
beforeAll(() => {
  if (whatIsMissing() === undefined) stage = NodeStage.create({ inProcess: true });
});
afterEach(async () => {
  expect(await killRunning()).toEqual([]);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const interfaces = 'one of lo, nic0, pod0, pod1, nic1; or another namespace: --netns NAME';
const namespaces = 'a name that ip netns list shows, or a path such as /proc/PID/ns/net';

describe('on a node where nothing is attached', () => {
  it.each([
    ['attach uplink nic0 --netns nowhere', `there is no network namespace nowhere. Try: ${namespaces}`],
    [
      'attach uplink nic0 --netns /etc/hostname',
      `there is no network namespace /etc/hostname. Try: ${namespaces}`,
    ],
    [
      'attach uplink nic0 --netns /proc/self/ns/mnt',
      `there is no network namespace /proc/self/ns/mnt. Try: ${namespaces}`,
    ],
    ['attach uplink nic0 --netns /etc', `there is no network namespace /etc. Try: ${namespaces}`],
    ['attach uplink eth9', `there is no interface eth9 in this namespace. Try: ${interfaces}`],
    ['detach pod eth9', `there is no interface eth9 in this namespace. Try: ${interfaces}`],
    [
      'attach pod pod0 --allow 3',
      'nothing restores what pod0 would save: no uplink is attached here. ' +
        "Try: tsnctl attach uplink IF first, for the interface by which packets leave the node; --netns is the node's, not the pod's; --without-uplink is for tests",
    ],
    [
      'attach pod lo --allow 3',
      "lo is not the host side of a pod's interface. " +
        'Try: a veth or netkit device whose peer lies in another namespace; ip -d link lists them',
    ],
    [
      'detach uplink nic0',
      'nic0 is not attached, and no uplink is in this namespace. Try: --netns NAME, if it is attached in another namespace',
    ],
    [
      'detach pod pod0',
      'pod0 is not attached, and no pod is in this namespace. Try: --netns NAME, if it is attached in another namespace',
    ],
  ])('%s', async (line, message) => {
    await stage.expectRefusal(line, {}, 1, message);
    await stage.expectBare();
  });
});

describe('what somebody else has pinned in our place', () => {
  const LINK = '/sys/fs/bpf/tsnctl/v1/links/NODE-nic0-egress';
  const MAP = '/sys/fs/bpf/tsnctl/v1/maps/NODE-pods';
  const COUNTERS = '/sys/fs/bpf/tsnctl/v1/maps/NODE-uplink_counters';
  const link = () => stage.linkPath('nic0', 'egress');
  const map = () => stage.proxy.pins.table('pods');
  const inspect = (kind: string, path: string) =>
    `bpftool ${kind} show pinned ${path}; if it is not needed: rm ${path}`;

  const pinMap = (name: string, valueSize: number, entries: number) => (path: string) => {
    using theirs = arrayMap(name, { valueSize, entries });
    theirs.pin(path);
  };
  const pinProgram = (path: string) => {
    using theirs = idleProgram('theirs');
    theirs.pin(path);
  };
  const pinLink = (path: string) => {
    using theirs = idleProgram('theirs');
    const ifindex = stage.node.index('nic0');
    using attached = theirs.attachTcx({ ifindex, direction: 'egress', netns: stage.node.netns });
    attached.pin(path);
  };

  it.each([
    [
      'a map',
      LINK,
      link,
      pinMap('theirs', 8, 1),
      `is a pinned map, not a link. Try: ${inspect('map', LINK)}`,
    ],
    ['a program', LINK, link, pinProgram, `is a pinned program, not a link. Try: ${inspect('prog', LINK)}`],
    [
      'a link',
      LINK,
      link,
      pinLink,
      `is a link to the program theirs, not one of ours. Try: ${inspect('link', LINK)}`,
    ],
    [
      'a directory',
      LINK,
      link,
      mkdirSync,
      `is a directory, not a pinned link. Try: ls ${LINK}; if it is not needed: rmdir ${LINK}`,
    ],
    [
      'a map',
      MAP,
      map,
      pinMap('theirs', 8, 2048),
      `is a map named theirs, not ours. Try: ${inspect('map', MAP)}`,
    ],
    [
      'a map of our name',
      MAP,
      map,
      pinMap('.data.pods', 16, 4),
      `is a map with 4 values of 16 bytes, not 1 of 131072. Try: ${inspect('map', MAP)}`,
    ],
    [
      'a map of our name with more values',
      MAP,
      map,
      pinMap('.data.pods', 131072, 2),
      `is a map with 2 values of 131072 bytes, not 1 of 131072. Try: ${inspect('map', MAP)}`,
    ],
    [
      'a map of another version',
      MAP,
      map,
      pinMap('pods', 8, 2048),
      `is a map named pods, not ours. Try: ${inspect('map', MAP)}`,
    ],
    [
      'counters of our name',
      COUNTERS,
      () => stage.proxy.pins.table('uplink_counters'),
      pinMap('uplink_counters', 8, 64),
      `is a map with 64 values of 8 bytes, not 64 of 152. Try: ${inspect('map', COUNTERS)}`,
    ],
    ['a program', MAP, map, pinProgram, `is a pinned program, not a map. Try: ${inspect('prog', MAP)}`],
    ['a link', MAP, map, pinLink, `is a pinned link, not a map. Try: ${inspect('link', MAP)}`],
    [
      'a directory',
      MAP,
      map,
      mkdirSync,
      `is a directory, not a pinned map. Try: ls ${MAP}; if it is not needed: rmdir ${MAP}`,
    ],
  ] as const)('%s at %s', async (kind, shown, pathOf, put, refusal) => {
    const path = pathOf();
    mkdirSync(dirname(path), { recursive: true });
    put(path);
    try {
      await stage.expectRefusal('attach uplink nic0', {}, 1, `${shown} ${refusal}`);
      await stage.expectRefusal('detach all', {}, 1, `${shown} ${refusal}`);
      expect(stage.pins().at(-1)).toBe(
        shown.replace('/sys/fs/bpf/', '') + (kind === 'a directory' ? '/' : ''),
      );
    } finally {
      if (kind === 'a directory') rmdirSync(path);
      else rmSync(path);
      rmSync(`${stage.lab.bpffs}/tsnctl`, { recursive: true });
    }
    await expect.poll(() => stage.hooks()).toEqual([]); // their link, which the kernel takes off a little later
    await stage.expectBare();
  });
});

describe('on a node with an uplink and a pod', () => {
  beforeAll(async () => {
    if (whatIsMissing() !== undefined) return;
    await stage.run('attach uplink nic0');
    await stage.run('attach pod pod0 --allow 3');
  });

  it.each([
    ['attach uplink pod0', 'pod0 is attached as pod already. Try: tsnctl detach pod pod0 first'],
    ['attach pod nic0 --allow 3', 'nic0 is attached as uplink already. Try: tsnctl detach uplink nic0 first'],
    ['detach uplink nic1', 'nic1 is not attached as uplink. Try: one that is: nic0'],
    ['detach uplink pod0', 'pod0 is not attached as uplink. Try: one that is: nic0'],
    ['detach pod nic0', 'nic0 is not attached as pod. Try: one that is: pod0'],
    [
      'detach uplink nic0',
      'nic0 is the last uplink, and pods are still attached: pod0. ' +
        'Try: tsnctl detach pod pod0 first; or everything at once: tsnctl detach all',
    ],
  ])('%s', async (line, message) => {
    await stage.expectRefusal(line, {}, 1, message);
  });

  it('attaches again with nothing to do', async () => {
    const nothing = { code: 0, stdout: 'nothing to do: all is as wanted\n', stderr: '' };
    expect(await stage.run('attach uplink nic0')).toEqual(nothing);
    expect(await stage.run('attach pod pod0 --allow 3')).toEqual(nothing);
  });
});
