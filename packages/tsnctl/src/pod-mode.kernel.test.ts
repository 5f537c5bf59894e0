import { describe, expect, it } from 'vitest';
import { NOTHING_TO_DO, useStage } from '../test/use-stage.ts';

const stage = useStage({ inProcess: true });

const done = (line: string) => stage().done(line);

describe('--mode pod', () => {
  it('attaches pod_saver inside and gate outside, and nothing to do the second time', async () => {
    await done('attach uplink nic0');
    await done('attach pod pod0 --allow 3 --mode pod');
    expect(stage().hooks()).toEqual([
      'nic0 egress: restorer',
      'nic1 ingress: strip',
      'pod0 ingress: gate',
      'pod1 ingress: strip',
    ]);
    expect(stage().inside()).toEqual(['eth0 egress: pod_saver']);
    expect(stage().pins()).toContain('tsnctl/v1/links/NODE-pod0-inside');
    expect(await stage().run('attach pod pod0 --allow 3 --mode pod')).toEqual(NOTHING_TO_DO);
    expect(await stage().run('attach pod pod0 --allow 3')).toEqual(NOTHING_TO_DO);
    expect(await stage().run('attach uplink nic0')).toEqual(NOTHING_TO_DO);
  });

  it('takes the namespace by its path, and leaves nothing inside when it is detached', async () => {
    const path = `/run/netns/${stage().node.name}`;
    await done(`attach uplink nic0 --netns ${path}`);
    await done(`attach pod pod0 --txtime --mode pod --netns ${path}`);
    expect(stage().inside()).toEqual(['eth0 egress: pod_saver']);
    await done(`detach pod pod0 --netns ${path}`);
    expect(stage().hooks()).toContain('pod0 ingress: strip');
    expect(stage().inside()).toEqual([]);
    await done('detach uplink nic0');
    await stage().expectBare();
  });

  it('goes back and forth; the policy and the place in the order stay', async () => {
    await done('attach uplink nic0');
    await done('attach pod pod0 --allow 3');
    const link = stage().linkId('pod0', 'ingress');
    for (const [mode, outside, inside] of [
      ['pod', 'gate', ['eth0 egress: pod_saver']],
      ['host', 'saver', []],
      ['pod', 'gate', ['eth0 egress: pod_saver']],
      ['host', 'saver', []],
    ] as const) {
      await done(`attach pod pod0 --allow 3 --mode ${mode}`);
      expect(stage().hooks()).toContain(`pod0 ingress: ${outside}`);
      expect(stage().inside()).toEqual(inside);
      expect(stage().linkId('pod0', 'ingress')).toBe(link);
      expect(stage().proxy.observe().pods).toContainEqual(
        expect.objectContaining({ policy: { allow: [3], remap: {}, horizonNs: 0n } }),
      );
    }
  });

  it('of two pods in one namespace: each has its own', async () => {
    await done('attach uplink nic0');
    await done('attach pod pod0 --allow 3 --mode pod');
    await done('attach pod pod1 --allow 5 --mode pod');
    expect(stage().inside()).toEqual(['eth0 egress: pod_saver', 'eth1 egress: pod_saver']);
    await done('detach pod pod0');
    expect(stage().inside()).toEqual(['eth1 egress: pod_saver']);
    await stage().detachAll();
  });

  it('all leaves nothing inside either', async () => {
    await done('attach pod pod0 --allow 3 --mode pod --without-uplink');
    await stage().detachAll();
  });

  it('--clamp keeps its policy when the mode changes', async () => {
    await done('attach pod pod0 --allow 3,5 --clamp --mode pod --without-uplink');
    const [pod] = stage().proxy.observe().pods;
    expect(pod?.policy.remap).toMatchObject({ 4: 3, 6: 5, 15: 5 });
    expect(pod?.policy.remap).not.toHaveProperty('2');
    const host = await stage().run('attach pod pod0 --allow 3,5 --clamp --mode host --without-uplink');
    expect(host.stdout).toBe(
      '2 steps done:\n 1. switch pod0 from gate to saver, atomically\n' +
        " 2. detach pod_saver from the pod's own end of pod0\n",
    );
  });

  it('--dry-run shows it and changes nothing', async () => {
    const { code, stdout } = await stage().run(
      'attach pod pod0 --allow 3 --mode pod --without-uplink --dry-run',
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `\
5 steps would be taken:
 1. load the programs and pin their tables
      bpftool prog loadall saver.bpf.o ... pinmaps /sys/fs/bpf/tsnctl/v1/maps
 2. pod0 may send: priority 3
      bpftool map update ... pods
 3. attach strip to pod0 ingress, first in order
      bpftool net attach tcx_ingress pinned .../strip dev pod0
 4. attach pod_saver to the pod's own end of pod0, last in order
      bpftool net attach tcx_egress pinned .../pod_saver dev POD'S-END
 5. switch pod0 from strip to gate, atomically
      BPF_LINK_UPDATE
`,
    });
    await stage().expectBare();
  });
});
