import { execFileSync } from 'node:child_process';
import type { Host } from '@tsnctl/lab';
import { addBpfFilter, addQdisc } from '@tsnctl/netlink';
import { describe, expect, it } from 'vitest';
import { idleProgram } from '../test/foreign.ts';
import { NOTHING_TO_DO, useStage } from '../test/use-stage.ts';

const stage = useStage({ inProcess: true });

const done = (line: string) => stage().done(line);

describe('--hook clsact', () => {
  const FILTERS = [
    'nic0 clsact: egress tsnctl:restorer+qdisc (restorer)',
    'nic1 clsact: ingress tsnctl:strip+qdisc (strip)',
    'pod0 clsact: ingress tsnctl:strip+qdisc (strip)',
    'pod1 clsact: ingress tsnctl:strip+qdisc (strip)',
  ];

  const QDISCS_COME = `\
this interrupts traffic:
    pod0, pod1, nic1, nic0: drops outgoing packets for about 1 ms, as a clsact qdisc comes or goes
`;

  it.each([
    [
      'bridge',
      (node: Host) => {
        node.add({ kind: 'bridge', name: 'br0' });
        for (const pod of ['pod0', 'pod1']) node.enslave(pod, 'br0');
      },
    ],
    ['ptp', () => undefined],
  ] as const)(
    'attaches filters on a %s node, which later commands keep, and detaches them',
    async (_, furnish) => {
      furnish(stage().node);
      await done('attach uplink nic0 --hook clsact');
      expect(stage().hooks()).toEqual(FILTERS);
      expect(await stage().run('attach uplink nic0')).toEqual(NOTHING_TO_DO);
      await done('attach pod pod0 --allow 3');
      const saving = FILTERS.map((line) => line.replace(/^(pod0 .*):strip(.*)strip/, '$1:saver$2saver'));
      expect(stage().hooks()).toEqual(saving);
      await done('attach pod pod0 --allow 3 --mode pod');
      expect(stage().hooks()).toEqual(saving.map((line) => line.replaceAll('saver', 'gate')));
      expect(stage().inside()).toEqual(['eth0 clsact: egress tsnctl:pod_saver+qdisc (pod_saver)']);
      expect(
        stage()
          .pins()
          .filter((path) => path.includes('/links/')),
      ).toEqual(['tsnctl/v1/links/']);
      await done('detach pod pod0');
      expect({ hooks: stage().hooks(), inside: stage().inside() }).toEqual({ hooks: FILTERS, inside: [] });
      await done('detach uplink nic0');
      await stage().expectBare();
    },
  );

  it('there and back again, with pods in both modes', async () => {
    await done('attach uplink nic0');
    await done('attach pod pod0 --allow 3 --mode pod');
    await done('attach pod pod1 --allow 5');
    const tcx = { hooks: stage().hooks(), inside: stage().inside() };
    await done('attach uplink nic0 --hook clsact');
    expect(stage().hooks()).toEqual([
      'nic0 clsact: egress tsnctl:restorer+qdisc (restorer)',
      'nic1 clsact: ingress tsnctl:strip+qdisc (strip)',
      'pod0 clsact: ingress tsnctl:gate+qdisc (gate)',
      'pod1 clsact: ingress tsnctl:saver+qdisc (saver)',
    ]);
    expect(stage().inside()).toEqual(['eth0 clsact: egress tsnctl:pod_saver+qdisc (pod_saver)']);
    await done('attach uplink nic0 --hook tcx');
    expect({ hooks: stage().hooks(), inside: stage().inside() }).toEqual(tcx);
    await stage().detachAll();
  });

  it('says what it interrupts before it does so: on stderr, in the plan and in JSON', async () => {
    await done('attach uplink nic0');
    await done('attach pod pod0 --allow 3');
    const line = 'attach uplink nic0 --hook clsact';
    const warning = `\
this interrupts traffic:
    pod1, nic1, nic0, pod0: drops outgoing packets for about 1 ms, as a clsact qdisc comes or goes
    pod0: loses launch times for about 1 ms
`;
    const interrupts = [
      { loses: 'outgoing packets', aboutMs: 1, interfaces: ['pod1', 'nic1', 'nic0', 'pod0'] },
      { loses: 'launch times', aboutMs: 1, interfaces: ['pod0'] },
    ];
    const plan = await stage().run(`${line} --dry-run`);
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout.split(' 1. ')[0]).toBe(`${warning}8 steps would be taken:\n`);
    const json = await stage().run(`${line} --dry-run -o json`);
    expect(json).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: true, interrupts });
    const changed = await stage().run(`${line} -o json`);
    expect(changed).toMatchObject({ code: 0, stderr: warning });
    expect(JSON.parse(changed.stdout)).toMatchObject({ dryRun: false, interrupts });
  });

  it('detach all takes the qdiscs that were ours, and no other', async () => {
    const { node } = stage();
    node.request(addQdisc({ index: node.index('pod1'), kind: 'clsact' }));
    await done('attach uplink nic0 --hook clsact');
    await done('attach pod pod0 --allow 3 --mode pod');
    using foreign = idleProgram();
    node.request(
      addBpfFilter({
        index: node.index('nic0'),
        hook: 'ingress',
        priority: 5,
        progFd: foreign.fd,
        name: 'theirs',
        directAction: true,
      }),
    );
    await done('detach all');
    expect({ hooks: stage().hooks(), inside: stage().inside(), pins: stage().pins() }).toEqual({
      hooks: ['nic0 clsact: ingress theirs (foreign)', 'pod1 clsact: '],
      inside: [],
      pins: [],
    });
    expect(await stage().run('detach all')).toEqual(NOTHING_TO_DO);
  });

  it('runs before other filters, and gets back to the front', async () => {
    const { node } = stage();
    using foreign = idleProgram();
    const theirs = (priority: number, handle?: number) =>
      node.request(
        addBpfFilter({
          index: node.index('pod0'),
          hook: 'ingress',
          priority,
          ...(handle && { handle }),
          progFd: foreign.fd,
          name: 'theirs',
          directAction: true,
        }),
      );
    node.request(addQdisc({ index: node.index('pod0'), kind: 'clsact' }));
    theirs(2);
    await done('attach uplink nic0 --hook clsact');
    await done('attach pod pod0 --allow 3');
    expect(stage().hooks()).toContain('pod0 clsact: ingress tsnctl:saver (saver), ingress theirs (foreign)');
    expect(await stage().run('attach pod pod0 --allow 3')).toEqual(NOTHING_TO_DO);
    theirs(1, 7);
    expect(stage().hooks()).toContain(
      'pod0 clsact: ingress theirs (foreign), ingress tsnctl:saver (saver), ingress theirs (foreign)',
    );
    expect((await stage().run('attach pod pod0 --allow 3')).stdout).toBe(
      '1 step done:\n 1. move saver to the front of pod0 ingress\n',
    );
    expect(stage().hooks()).toContain(
      'pod0 clsact: ingress tsnctl:saver (saver), ingress theirs (foreign), ingress theirs (foreign)',
    );
    expect(await stage().run('attach pod pod0 --allow 3')).toEqual(NOTHING_TO_DO);
    await done('detach all');
    expect(stage().hooks()).toEqual(['pod0 clsact: ingress theirs (foreign), ingress theirs (foreign)']);
  });

  it('inside the pod runs after other filters, and sees what they set', async () => {
    const index = stage().pod.index('eth0');
    stage().pod.request(addQdisc({ index, kind: 'clsact' }));
    using foreign = idleProgram();
    const theirs = { index, hook: 'egress', priority: 3, progFd: foreign.fd, name: 'theirs' } as const;
    stage().pod.request(addBpfFilter({ ...theirs, directAction: true }));
    await done('attach pod pod0 --allow 3 --mode pod --hook clsact --without-uplink');
    expect(stage().inside()).toEqual([
      'eth0 clsact: egress theirs (foreign), egress tsnctl:pod_saver (pod_saver)',
    ]);
    await done('detach all');
    expect(stage().inside()).toEqual(['eth0 clsact: egress theirs (foreign)']);
  });

  it('finds a place beside a filter of the same priority', async () => {
    const index = stage().node.index('nic0');
    stage().node.request(addQdisc({ index, kind: 'clsact' }));
    using foreign = idleProgram();
    const theirs = {
      index,
      hook: 'egress',
      priority: 1,
      handle: 1,
      progFd: foreign.fd,
      name: 'theirs',
    } as const;
    stage().node.request(addBpfFilter({ ...theirs, directAction: true }));
    await done('attach uplink nic0 --hook clsact');
    expect(stage().hooks()).toContain(
      'nic0 clsact: egress tsnctl:restorer (restorer), egress theirs (foreign)',
    );
    await done('detach all');
    expect(stage().hooks()).toEqual(['nic0 clsact: egress theirs (foreign)']);
  });

  it('refuses a device whose priority 1 belongs to filters of another kind, and undoes the rest', async () => {
    const tc = (...args: string[]) => execFileSync('tc', ['-n', stage().node.name, ...args]);
    tc('qdisc', 'add', 'dev', 'nic0', 'clsact');
    tc(
      'filter',
      'add',
      'dev',
      'nic0',
      'egress',
      'prio',
      '1',
      'protocol',
      'ip',
      'bpf',
      'bytecode',
      '1,6 0 0 0',
    );
    await stage().expectRefusal(
      'attach uplink nic0 --hook clsact',
      {},
      1,
      'attach restorer to nic0 egress, first of the filters: filters of another kind have priority 1 here; nothing is changed. ' +
        'Try: tc filter show dev nic0 egress, and give them another; or --hook tcx, before all filters',
      QDISCS_COME,
    );
    expect(stage().hooks()).toEqual([expect.stringMatching(/^nic0 clsact: /)]);
  });

  it('refuses a device that has an ingress qdisc, where its filters would run on the wrong side', async () => {
    execFileSync('tc', ['-n', stage().node.name, 'qdisc', 'add', 'dev', 'nic0', 'ingress']);
    await stage().expectRefusal(
      'attach uplink nic0 --hook clsact',
      {},
      1,
      'attach restorer to nic0 egress, first of the filters: nic0 has an ingress qdisc where a clsact qdisc should go; nothing is changed. ' +
        'Try: tc qdisc del dev nic0 ingress, if nothing needs it; or --hook tcx, which needs no qdisc',
      QDISCS_COME,
    );
    await stage().expectBare();
  });

  it('--dry-run shows it and changes nothing', async () => {
    const { code, stdout } = await stage().run(
      'attach pod pod0 --txtime --mode pod --hook clsact --without-uplink --dry-run',
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `\
this interrupts traffic:
    pod0, the pod's own end of pod0: drops outgoing packets for about 1 ms, as a clsact qdisc comes or goes
5 steps would be taken:
 1. load the programs and pin their tables
      bpftool prog loadall saver.bpf.o ... pinmaps /sys/fs/bpf/tsnctl/v1/maps
 2. pod0 may send: launch time up to 10s ahead
      bpftool map update ... pods
 3. attach strip to pod0 ingress, first of the filters
      tc filter add dev pod0 ingress prio 1 bpf da pinned .../strip
 4. attach pod_saver to the pod's own end of pod0, last of the filters
      tc filter add dev POD'S-END egress prio 65535 bpf da pinned .../pod_saver
 5. switch pod0 from strip to gate, atomically
      tc filter replace dev pod0 ingress prio 1 handle 1 bpf da pinned .../gate
`,
    });
    await stage().expectBare();
  });
});
