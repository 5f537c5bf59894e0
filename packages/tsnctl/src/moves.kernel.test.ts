import { execFileSync } from 'node:child_process';
import { NetlinkSocket, NetNs } from '@tsnctl/linux';
import { deleteLink, setLink } from '@tsnctl/netlink';
import { describe, expect, it } from 'vitest';
import { NOTHING_TO_DO, useStage } from '../test/use-stage.ts';

const stage = useStage({ inProcess: true });

const done = (line: string) => stage().done(line);
const ip = (...args: string[]) => execFileSync('ip', args);

const POD0_IS_GONE =
  'there is no interface pod0 in this namespace. Try: one of lo, nic0, pod1, nic1; or another namespace: --netns NAME';

/** What the stage shows of pod0's programs, in both ways to attach. */
const SHOWN = {
  tcx: {
    strip: 'pod0 ingress: strip',
    gate: 'pod0 ingress: gate',
    inside: 'eth0 egress: pod_saver',
  },
  clsact: {
    strip: 'pod0 clsact: ingress tsnctl:strip+qdisc (strip)',
    gate: 'pod0 clsact: ingress tsnctl:gate+qdisc (gate)',
    inside: 'eth0 clsact: egress tsnctl:pod_saver+qdisc (pod_saver)',
  },
};

/** pod0 is in pod mode, pod1 in host mode. */
const furnished = async (hook: string) => {
  await done(`attach uplink nic0 --hook ${hook}`);
  await done('attach pod pod0 --allow 3 --mode pod');
  await done('attach pod pod1 --allow 5');
};

describe.each(['tcx', 'clsact'] as const)(
  '--hook %s, an interface that changes while it is attached',
  (hook) => {
    it('renamed: it stays what it was, by its new name', async () => {
      await furnished(hook);
      const index = stage().node.index('pod0');
      stage().node.request(setLink({ index, up: false }));
      stage().node.request(setLink({ index, name: 'renamed' }));
      stage().node.request(setLink({ index, up: true }));
      expect(await stage().run('attach pod renamed --allow 3')).toEqual(NOTHING_TO_DO);
      await stage().expectRefusal(
        'detach pod pod0',
        {},
        1,
        'there is no interface pod0 in this namespace. Try: one of lo, nic0, renamed, pod1, nic1; or another namespace: --netns NAME',
      );
      await done('detach pod renamed');
      await stage().detachAll();
    });

    it('the pod is deleted: the next command removes what is left of it', async () => {
      await furnished(hook);
      stage().pod.request(deleteLink({ index: stage().pod.index('eth0') }));
      await stage().expectRefusal('attach pod pod0 --allow 3', {}, 1, POD0_IS_GONE);
      const mended = await done('attach uplink nic0');
      expect(mended).toContain('forget if');
      expect(stage().pins().join()).not.toMatch(/inside|if\d/);
      expect(await stage().run('attach uplink nic0')).toEqual(NOTHING_TO_DO);
      await stage().detachAll();
    });

    it('the host side is moved to another namespace: the next command forgets it; back again, it is a new pod', async () => {
      await furnished(hook);
      const third = stage().lab.host('third');
      const index = stage().node.index('pod0');
      stage().node.request(setLink({ index, netnsFd: third.netns.fd }));
      for (const line of ['detach pod pod0', 'attach pod pod0 --allow 3', 'attach uplink pod0'])
        await stage().expectRefusal(line, {}, 1, POD0_IS_GONE);
      const mended = await done('attach uplink nic0');
      expect(mended).toContain('forget if');
      expect(
        stage()
          .pins()
          .filter((path) => /inside|if\d|pod0/.test(path)),
      ).toEqual([]);
      expect(await stage().run('attach uplink nic0')).toEqual(NOTHING_TO_DO);
      third.request(setLink({ index: third.index('pod0'), netnsFd: stage().node.netns.fd }));
      await done('attach uplink nic0');
      expect(stage().hooks()).toContain(SHOWN[hook].strip);
      expect(stage().inside()).toEqual([]);
      await stage().detachAll();
    });

    it('the host side is moved away and back before anybody looks: the next command mends it', async () => {
      await furnished(hook);
      const third = stage().lab.host('third');
      stage().node.request(setLink({ index: stage().node.index('pod0'), netnsFd: third.netns.fd }));
      third.request(setLink({ index: third.index('pod0'), netnsFd: stage().node.netns.fd }));
      await done('attach pod pod0 --allow 3 --mode pod');
      expect(stage().hooks()).toContain(SHOWN[hook].gate);
      expect(stage().inside()).toEqual([SHOWN[hook].inside]);
      expect(await stage().run('attach uplink nic0')).toEqual(NOTHING_TO_DO);
      await stage().detachAll();
    });

    it("the pod's end is moved to a third namespace: pod_saver is there, and goes with the pod", async () => {
      await furnished(hook);
      const third = stage().lab.host('third');
      stage().pod.request(setLink({ index: stage().pod.index('eth0'), netnsFd: third.netns.fd }));
      await done('attach pod pod0 --allow 3 --mode pod');
      expect(stage().hooks(third)).toEqual([SHOWN[hook].inside]);
      expect(await stage().run('attach uplink nic0')).toEqual(NOTHING_TO_DO);
      await done('detach pod pod0');
      expect(stage().hooks(third)).toEqual([]);
      await stage().detachAll();
    });

    it("the pod's end is moved into the node's own namespace: it is no pod any more", async () => {
      await furnished(hook);
      stage().pod.request(
        setLink({ index: stage().pod.index('eth0'), netnsFd: stage().node.netns.fd, name: 'end' }),
      );
      await stage().expectRefusal(
        'attach pod pod0 --allow 3',
        {},
        1,
        "pod0 is not the host side of a pod's interface. Try: a veth or netkit device whose peer lies in another namespace; ip -d link lists them",
      );
      await stage().detachAll();
    });
  },
);

describe('an interface that is no pod', () => {
  const NOT_A_POD =
    "is not the host side of a pod's interface. Try: a veth or netkit device whose peer lies in another namespace; ip -d link lists them";

  it.each(['bridge', 'veth'])('a %s', async (kind) => {
    const peer = kind === 'veth' ? ['peer', 'name', 'there'] : [];
    ip('-n', stage().node.name, 'link', 'add', 'here', 'type', kind, ...peer);
    await done('attach uplink nic0');
    for (const mode of ['host', 'pod'])
      await stage().expectRefusal(`attach pod here --allow 3 --mode ${mode}`, {}, 1, `here ${NOT_A_POD}`);
  });

  it("the pod's own end, in the pod's namespace: nothing restores there", async () => {
    await done('attach uplink nic0');
    await stage().expectRefusal(
      `attach pod eth0 --allow 3 --netns ${stage().pod.name}`,
      {},
      1,
      'nothing restores what eth0 would save: no uplink is attached here. ' +
        "Try: tsnctl attach uplink IF first, for the interface by which packets leave the node; --netns is the node's, not the pod's; --without-uplink is for tests",
    );
    expect(stage().inside()).toEqual([]);
  });
});

describe('a pod whose namespace has neither a process nor a name: a socket holds it', () => {
  const QDISC_COMES = `\
this interrupts traffic:
    the pod's own end of pod2: drops outgoing packets for about 1 ms, as a clsact qdisc comes or goes
`;

  it.each(['tcx', 'clsact'])(
    '--hook %s: host mode works, pod mode is refused, nothing half-done',
    async (hook) => {
      using pod2 = heldPod();
      pod2.removeName();
      await done(`attach uplink nic0 --hook ${hook}`);
      const order = hook === 'tcx' ? 'last in order' : 'last of the filters';
      await stage().expectRefusal(
        'attach pod pod2 --allow 3 --mode pod',
        {},
        1,
        `attach pod_saver to the pod's own end of pod2, ${order}: the namespace of the pod behind pod2 is not to be found; nothing is changed. ` +
          `Try: --mode host; pod mode needs a process or a name in the pod's namespace, and the right to open it`,
        hook === 'tcx' ? '' : QDISC_COMES,
      );
      await done('attach pod pod2 --allow 3');
      expect(await stage().run('attach uplink nic0')).toEqual(NOTHING_TO_DO);
      await stage().detachAll();
    },
  );

  it.each(['tcx', 'clsact'])('--hook %s: a pod that was in pod mode can still be detached', async (hook) => {
    using pod2 = heldPod();
    await done(`attach uplink nic0 --hook ${hook}`);
    await done('attach pod pod2 --allow 3 --mode pod');
    pod2.removeName();
    await done('detach pod pod2');
    await done('detach all');
    expect({ hooks: stage().hooks(), pins: stage().pins() }).toEqual({ hooks: [], pins: [] });
  });
});

/** pod2: a socket holds its namespace, and a name until that is removed. */
function heldPod(): Disposable & { removeName: () => void } {
  const { node, lab } = stage();
  const name = `${lab.name}-held`;
  using netns = NetNs.create(name);
  const socket = NetlinkSocket.open({ netns });
  ip('-n', node.name, 'link', 'add', 'pod2', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  return { removeName: () => NetNs.remove(name), [Symbol.dispose]: () => socket[Symbol.dispose]() };
}
