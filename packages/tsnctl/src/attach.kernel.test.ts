import { rmSync } from 'node:fs';
import { deleteLink } from '@tsnctl/netlink';
import { BpfLink } from 'libbpf-ts';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../test/cli.ts';
import { idleProgram } from '../test/foreign.ts';
import { DONE, NOTHING_TO_DO, useStage } from '../test/use-stage.ts';

const MAPS = ['pod_counters', 'pods', 'uplink_counters', 'uplinks'];

const stage = useStage();

describe('attach', () => {
  it('strips every pod before it restores, first in order, pinned by namespace and interface', async () => {
    using other = idleProgram();
    using _foreign = other.attachTcx({
      ifindex: stage().node.index('nic0'),
      direction: 'egress',
      netns: stage().node.netns,
    });
    expect(await stage().run('attach uplink nic0')).toMatchObject(DONE);
    expect(stage().hooks()).toEqual([
      'nic0 egress: restorer, foreign',
      'nic1 ingress: strip',
      'pod0 ingress: strip',
      'pod1 ingress: strip',
    ]);
    expect(stage().pins()).toEqual([
      'tsnctl/',
      'tsnctl/v1/',
      'tsnctl/v1/links/',
      'tsnctl/v1/links/NODE-nic0-egress',
      'tsnctl/v1/links/NODE-nic1-ingress',
      'tsnctl/v1/links/NODE-pod0-ingress',
      'tsnctl/v1/links/NODE-pod1-ingress',
      'tsnctl/v1/maps/',
      ...MAPS.map((name) => `tsnctl/v1/maps/NODE-${name}`),
    ]);
  });

  // No kernel has all qdiscs of a clock: what is read off which is in packages/proxy/src/intent.test.ts.
  it('uplink: launch times in the clock that is asked for; a new one in that of its qdisc (none here), then as it was', async () => {
    for (const [flags, clock] of [
      ['', 'none'],
      [' --clock mono', 'mono'],
      [' --clock tai', 'tai'],
      [' --clock none', 'none'],
      [' --clock tai', 'tai'],
      ['', 'tai'],
    ]) {
      expect(await stage().run(`attach uplink nic0${flags}`)).toMatchObject(DONE);
      const ifindex = stage().node.index('nic0');
      expect(stage().proxy.observe().uplinks).toEqual([{ ifindex, clock, stacked: false }]);
    }
  });

  it('pod: each flag becomes its policy', async () => {
    for (const [flags, policy] of [
      ['--allow 3,5-6', { allow: [3, 5, 6], remap: {}, horizonNs: 0n }],
      ['--allow 3 --remap 6=3,7=3', { allow: [3], remap: { 6: 3, 7: 3 }, horizonNs: 0n }],
      [
        '--allow 3,5 --clamp',
        {
          allow: [3, 5],
          remap: { 4: 3, 6: 5, 7: 5, 8: 5, 9: 5, 10: 5, 11: 5, 12: 5, 13: 5, 14: 5, 15: 5 },
          horizonNs: 0n,
        },
      ],
      ['--txtime', { allow: [], remap: {}, horizonNs: 10_000_000_000n }],
      ['--txtime --horizon 20ms --mode host', { allow: [], remap: {}, horizonNs: 20_000_000n }],
      ['--txtime --horizon 31536000s', { allow: [], remap: {}, horizonNs: 31_536_000_000_000_000n }],
      ['--allow 1-6 --remap 7=3', { remap: { 7: 3 }, horizonNs: 0n }],
    ] as const) {
      expect(await stage().run(`attach pod pod0 ${flags} --without-uplink`)).toMatchObject(DONE);
      expect(stage().hooks()).toEqual(['pod0 ingress: saver']);
      expect(stage().proxy.observe().pods).toMatchObject([{ ifindex: stage().node.index('pod0'), policy }]);
    }
  });

  it('takes the namespace by name and by path, and its own by default', async () => {
    const { lab, node } = stage();
    const byPath = await stage().run(`attach uplink nic0 --netns /run/netns/${node.name}`);
    expect(byPath).toMatchObject(DONE);
    expect(await stage().run('attach uplink nic0')).toEqual(NOTHING_TO_DO);
    const inside = { bpffs: lab.bpffs, wrap: ['nsenter', `--net=/run/netns/${node.name}`] };
    expect(await runCli(['attach', 'uplink', 'nic0'], inside)).toEqual(NOTHING_TO_DO);
  });

  it('does nothing the second time, and keeps its links when a policy or clock changes', async () => {
    await stage().run('attach uplink nic0 --clock tai');
    await stage().run('attach pod pod0 --allow 3');
    const ids = () => [stage().linkId('nic0', 'egress'), stage().linkId('pod0', 'ingress')];
    const first = ids();
    expect(await stage().run('attach uplink nic0 --clock tai')).toEqual(NOTHING_TO_DO);
    expect(await stage().run('attach pod pod0 --allow 3')).toEqual(NOTHING_TO_DO);
    expect(ids()).toEqual(first);

    const changed = await stage().run('attach pod pod0 --allow 5 --txtime');
    expect(changed.stdout).toBe('1 step done:\n 1. pod0 may send: priority 5, launch time up to 10s ahead\n');
    expect((await stage().run('attach uplink nic0 --clock mono')).stdout).toBe(
      '1 step done:\n 1. nic0 wants launch times: mono\n',
    );
    expect(ids()).toEqual(first);
    expect(stage().proxy.observe().uplinks).toMatchObject([{ clock: 'mono' }]);
    expect(stage().hooks()).toContain('pod0 ingress: saver');
  });

  it('gets back to the front when another program went there', async () => {
    await stage().run('attach uplink nic0');
    using other = idleProgram();
    const target = { ifindex: stage().node.index('nic0'), direction: 'egress' } as const;
    using _foreign = other.attachTcx({ ...target, position: 'first', netns: stage().node.netns });
    expect(stage().hooks()).toContain('nic0 egress: foreign, restorer');
    expect((await stage().run('attach uplink nic0')).stdout).toBe(
      '1 step done:\n 1. move restorer to the front of nic0 egress\n',
    );
    expect(stage().hooks()).toContain('nic0 egress: restorer, foreign');
  });
});

describe('detach', () => {
  it('leaves nothing, one after the other', async () => {
    await stage().run('attach uplink nic0');
    await stage().run('attach uplink nic1');
    await stage().run('attach pod pod0 --allow 3');
    expect(await stage().run('detach pod pod0')).toMatchObject(DONE);
    expect(stage().hooks()).toContain('pod0 ingress: strip');
    expect(stage().proxy.observe().pods).not.toContainEqual(
      expect.objectContaining({ policy: expect.objectContaining({ allow: [3] }) }),
    );
    expect(await stage().run('detach uplink nic1')).toMatchObject(DONE);
    expect(await stage().run('detach uplink nic0')).toMatchObject(DONE);
    await stage().expectBare();
  });

  it('all leaves nothing, at once and again', async () => {
    await stage().run('attach uplink nic0');
    await stage().run('attach pod pod0 --allow 3');
    expect(await stage().run('detach all')).toMatchObject(DONE);
    await stage().expectBare();
    expect(await stage().run('detach all')).toEqual(NOTHING_TO_DO);
  });

  it('leaves nothing of a pod without an uplink', async () => {
    await stage().run('attach pod pod0 --allow 3 --without-uplink');
    expect(await stage().run('detach pod pod0')).toMatchObject(DONE);
    await stage().expectBare();
  });
});

describe('--dry-run', () => {
  it('shows the plan and changes nothing', async () => {
    const { code, stdout } = await stage().run('attach uplink nic0 --dry-run');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        '9 steps would be taken:',
        ' 1. load the programs and pin their tables',
        ' 9. attach restorer to nic0 egress, first in order',
        '      bpftool net attach tcx_egress pinned .../restorer dev nic0',
      ]),
    );
    await stage().expectBare();
  });

  it('as wide, json and yaml; 64-bit numbers are decimal strings', async () => {
    const line = 'attach pod pod0 --txtime --without-uplink --dry-run';
    const wide = await stage().run(`${line} -o wide`);
    expect(wide.stdout).toBe((await stage().run(line)).stdout);
    const json = await stage().run(`${line} -o json`);
    expect(JSON.parse(json.stdout)).toEqual({
      dryRun: true,
      netns: stage().node.name,
      interrupts: [],
      steps: [
        { do: 'create-tables' },
        {
          do: 'set-pod',
          ifindex: stage().node.index('pod0'),
          name: 'pod0',
          policy: { allow: [], remap: {}, horizonNs: '10000000000' },
        },
        { do: 'attach', role: 'strip', via: 'tcx', ifindex: stage().node.index('pod0'), name: 'pod0' },
        {
          do: 'switch',
          from: 'strip',
          to: 'saver',
          via: 'tcx',
          ifindex: stage().node.index('pod0'),
          name: 'pod0',
        },
      ],
    });
    const yaml = await stage().run(`${line} -o yaml`);
    expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
    await stage().expectBare();
  });
});

describe('a failure half-way', () => {
  const HOOK_FULL =
    "tsnctl: attach restorer to nic0 egress, first in order: other programs fill this hook up to the kernel's limit; " +
    'nothing is changed. Try: bpftool net show dev nic0, and take some of them off\n';
  const MOST = 63; // BPF_MPROG_MAX - 1, linux/bpf_mprog.h

  it('is undone: a hook that is full refuses the restorer after the pods were stripped', async () => {
    using full = new DisposableStack();
    const target = {
      ifindex: stage().node.index('nic0'),
      direction: 'egress',
      netns: stage().node.netns,
    } as const;
    for (let at = 0; at < MOST; at++) full.use(full.use(idleProgram()).attachTcx(target));
    expect(await stage().run('attach uplink nic0')).toEqual({ code: 1, stdout: '', stderr: HOOK_FULL });
    expect(stage().pins()).toEqual([]);
    expect(stage().hooks()).toEqual([`nic0 egress: ${Array(MOST).fill('foreign').join(', ')}`]);
  });

  it('of a killed change is mended by the next: some tables are pinned, none is complete', async () => {
    await stage().run('attach uplink nic0');
    rmSync(stage().proxy.pins.table('pods'));
    const { code, stdout } = await stage().run('attach uplink nic0');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('remove the remains at'),
    });
    expect(stage().hooks()).toContain('nic0 egress: restorer');
    expect(stage().pins()).toContain('tsnctl/v1/maps/NODE-pods');
    await stage().detachAll();
  });

  it('leaves no pin behind of an interface that has gone', async () => {
    await stage().run('attach uplink nic0');
    const path = stage().linkPath('pod1', 'ingress');
    using link = BpfLink.pinned(path);
    stage().node.request(deleteLink({ index: stage().node.index('pod1') }));
    expect(link.info().ifindex).toBe(0);
    expect((await stage().run('attach uplink nic0')).stdout).toContain(`remove the remains at `);
    expect(stage().pins().join()).not.toContain('undefined');
  });
});
