import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  judge,
  Lab,
  NIC,
  Observer,
  POD_SIDE,
  paths,
  type Stage,
  setStage,
  stageTalker,
  Talker,
  wire,
} from '@tsnctl/lab';
import { deleteLink } from '@tsnctl/netlink';
import { ConfigPolicies, MetadataProxy } from '@tsnctl/proxy';
import { parseConfig } from '@tsnctl/proxy/config';
import { useLeakCheck } from '@tsnctl/testkit';
import { BpfLink } from 'libbpf-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { podSavers } from '../../proxy/test/pod-savers.ts';
import { StageAgent } from '../test/agent.ts';
import { killRunning } from '../test/cli.ts';
import { idleProgram } from '../test/foreign.ts';
import { requireMachine } from '../test/requirements.ts';
import { hooksOf } from '../test/stage.ts';

useLeakCheck();

let lab: Lab;
let stage: Stage;
let agent: StageAgent;
let file: string;
beforeEach((ctx) => {
  requireMachine(ctx);
  lab = Lab.create();
  stage = setStage(lab, { wirePod: () => {} });
  agent = new StageAgent(stage);
  file = join(lab.directory, 'config.yaml');
});
afterEach(async () => {
  await agent?.stop();
  await killRunning();
  await lab?.[Symbol.asyncDispose]();
});

const hooks = () => hooksOf(stage.node);
const soon = { timeout: 20_000, interval: 20 };

/** As an editor does: beside it, then in its place. */
function configure(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

async function page(path: string, init?: RequestInit): Promise<{ status: number; text: string }> {
  const [, port] = /metrics on http:\/\/127\.0\.0\.1:(\d+)\//.exec(agent.log.join('\n')) ?? [];
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, text: await response.text() };
}

const startCli = () => agent.start('--config', file, '--http', '127.0.0.1:0');

describe('chain: never', () => {
  it('strips a pod as it comes, gives it its policy, and its packets reach the NIC as they were meant', async () => {
    const policies = `policies: [{name: cameras, match: {netns: "${stage.pod.name}"}, allow: 5-6, txtime: true}]`;
    configure(`uplinks: [{name: nic0, clock: mono}]\nchain: never\n${policies}\n`);
    const observer = lab.use(new Observer(stage.node, NIC));
    await startCli();
    expect(hooks()).toEqual(['nic0 egress: restorer, observer']);

    const other = lab.host('other');
    wire(stage.node, POD_SIDE, stage.pod, 'eth0');
    wire(stage.node, 'other0', other, 'eth0');
    await expect
      .poll(hooks, soon)
      .toEqual(['nic0 egress: restorer, observer', 'other0 ingress: strip', 'pod0 ingress: saver']);
    const line = `${stage.pod.name} pod0: priorities 5-6, launch time up to 10s ahead, by policy cameras of the configuration`;
    await expect.poll(() => agent.log, soon).toContain(line);

    const target = paths.find(({ name }) => name === 'bridge-route')?.lay(stage);
    const asked = { flow: 9, sent: 200, priority: 6, launchTime: true, tcp: false };
    const to = ['--to', target?.[4] ?? '', '--port', '7100', '--proto', 'udp', '--flow', '9'];
    const how = ['--priority', '6', '--count', '200', '--interval-us', '500', '--txtime', 'mono'];
    await using talker = Talker.start(stageTalker(lab), stage.pod, 'none', ['send', ...to, ...how]);
    await talker.done();
    await expect.poll(() => observer.observed, soon).toBe(200);
    expect(judge(asked, observer.take())).toEqual({ priority: 200, launchTime: 200, wrong: 0 });

    expect(await page('/readyz')).toEqual({ status: 200, text: 'ok\n' });
    const { text } = await page('/metrics');
    expect(text).toContain(
      'tsnctl_pod_packets_total{namespace="",pod="",interface="pod0",result="saved"} 200',
    );
    expect(text).toMatch(/^tsnctl_uplink_packets_total\{interface="nic0",result="restored"\} 200$/m);
    expect(text).toMatch(/^tsnctl_attach_seconds_count [1-9]/m);
    expect(text).toMatch(/^tsnctl_pod_interfaces 2$/m);
    const left = hooks();
    expect(await agent.stop()).toBe(0); // SIGTERM changes nothing on the node
    expect(hooks()).toEqual(left);
  });

  it('with filters, waits until the chain of plugins is through: a clsact qdisc would make bandwidth fail', async () => {
    await agent.startHere({ via: 'clsact' });
    wire(stage.node, POD_SIDE, stage.pod, 'eth0');
    wire(stage.node, 'other0', lab.host('other'), 'eth0');
    const annotations = { 'tsnctl.dev/priorities': '3' };
    expect(await agent.call('ADD', { annotations })).toMatchObject({ code: 0 }); // the end of its chain
    const qdiscs = () => stage.node.run(['tc', 'qdisc', 'show', 'dev', 'other0']);
    expect(stage.node.run(['tc', 'filter', 'show', 'dev', POD_SIDE, 'ingress'])).toContain('tsnctl:saver');
    expect(await agent.call('DEL')).toMatchObject({ code: 0 }); // after which it looks at all
    expect(stage.node.run(['tc', 'filter', 'show', 'dev', POD_SIDE, 'ingress'])).toContain('tsnctl:strip');
    expect(qdiscs()).not.toContain('clsact');
    await agent.stop();
    await agent.startHere({ via: 'clsact' }); // what is there when it starts runs already
    expect(qdiscs()).toContain('clsact');
  });

  it('takes a changed configuration, refuses a bad one, and lets go of what is not named any more', async () => {
    wire(stage.node, POD_SIDE, stage.pod, 'eth0'); // runs before the agent does
    wire(stage.node, 'nic1', stage.outside, 'eth1');
    configure('uplinks: [{name: nic0}]\npolicies: [{match: {interface: "pod*"}, allow: 3}]\n');
    await startCli();
    const first = ['nic0 egress: restorer', 'nic1 ingress: strip', 'pod0 ingress: saver'];
    expect(hooks()).toEqual(first);

    configure('uplinks: [{name: nic0, clok: tai}]\n');
    await expect
      .poll(() => agent.log.at(-1), soon)
      .toContain(
        `a new configuration is refused, the old one holds: ${file}:1:24: uplinks.0.clok: no such key. Try: clock instead of clok`,
      );
    expect(hooks()).toEqual(first);
    expect((await page('/metrics')).text).toMatch(/^tsnctl_config_reloads_total\{result="refused"\} 1$/m);

    configure('uplinks: [{name: nic0}]\npolicies: [{match: {interface: "pod*"}, allow: 4}]\n');
    await expect
      .poll(() => agent.log.at(-1), soon)
      .toBe('pod0: priority 4, by policy 1 of the configuration');

    configure(`uplinks: [{name: nic1}]\nchain: never\nlog: {level: debug}\n`);
    const second = ['nic0 ingress: strip', 'nic1 egress: restorer', 'pod0 ingress: strip'];
    await expect.poll(hooks, soon).toEqual(second);
    await expect.poll(() => agent.log, soon).toContain(`${file} has changed, and holds`);

    await agent.stop(); // what it owns is known to the next agent, too
    configure('uplinks: [{name: nic0}]\n');
    await startCli();
    expect(hooks()).toEqual(['nic0 egress: restorer', 'nic1 ingress: strip', 'pod0 ingress: strip']);
  });

  it('answers on its pages alone, and refuses everything else', async () => {
    configure('uplinks: [{name: nope0}]\n');
    await startCli();
    expect(await page('/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await page('/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('no uplink is attached on this node'),
    });
    expect((await page('/metrics')).text).toMatch(
      /^tsnctl_plan_failures_total\{code="NO_INTERFACE"\} [1-9]/m,
    );
    expect(await page('/')).toEqual({
      status: 404,
      text: 'no such page; there are /healthz, /readyz, /metrics\n',
    });
    expect(await page('/metrics', { method: 'DELETE' })).toEqual({ status: 405, text: 'GET or HEAD\n' });
    expect(await page('/metrics', { method: 'POST', body: 'x'.repeat(100_000) })).toMatchObject({
      status: 405,
    });
    expect(await page('/metrics?name=x')).toEqual({ status: 400, text: 'this page takes no parameters\n' });

    const second = await agent.another('--config', file, '--http', '127.0.0.1:0');
    expect(second).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`tsnctl: another agent keeps its records in ${agent.state}. Try: `),
    });
  });

  it('finds out whose a pod is from its processes, and attaches an uplink that is plugged in later', async () => {
    const source = new ConfigPolicies(
      parseConfig('policies: [{match: {namespace: plant, pod: "camera-*"}, allow: 6}]', 'c').policies,
    );
    const uid = '01234567-89ab-cdef-0123-456789abcdef';
    const [proc, podLogs] = [join(lab.directory, 'proc'), join(lab.directory, 'pods')];
    mkdirSync(join(proc, '77/ns'), { recursive: true });
    mkdirSync(join(podLogs, `plant_camera-1_${uid}`), { recursive: true });
    writeFileSync(
      join(proc, '77/cgroup'),
      `0::/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice/x\n`,
    );
    await agent.startHere({ uplinks: [{ name: 'nic9' }], source, identify: { proc, podLogs } });
    wire(stage.node, 'nic9', stage.outside, 'eth9');
    await expect.poll(hooks, soon).toContain('nic9 egress: restorer');
    wire(stage.node, POD_SIDE, stage.pod, 'eth0');
    await expect.poll(hooks, soon).toContain('pod0 ingress: strip');
    symlinkSync(stage.pod.netns.path, join(proc, '77/ns/net')); // its first process
    await expect.poll(hooks, soon).toContain('pod0 ingress: saver');
    expect(agent.log).toContain('plant/camera-1 pod0: priority 6, by policy 1 of the configuration');
    source.set([]);
    await expect.poll(hooks, soon).toContain('pod0 ingress: strip');
    stage.node.request(deleteLink({ index: stage.node.index(POD_SIDE) }));
    await expect.poll(hooks, soon).toEqual(['nic0 ingress: strip', 'nic9 egress: restorer']);
  });

  it('puts back what somebody has put itself ahead of, and says so', async () => {
    wire(stage.node, POD_SIDE, stage.pod, 'eth0');
    await agent.startHere(); // it looks at everything in half a minute
    using foreign = idleProgram();
    const where = {
      ifindex: stage.node.index(POD_SIDE),
      direction: 'ingress',
      netns: stage.node.netns,
    } as const;
    using _ = foreign.attachTcx({ ...where, position: 'first' });
    await expect.poll(hooks, soon).toContain('pod0 ingress: strip, foreign');
    expect(agent.log.join('\n')).toContain(
      'mended what was not as it had been left: move strip to the front of pod0',
    );
  });

  it('in pod mode has loaded what a pod needs before its ADD, unless nobody follows pods', async () => {
    const proxy = new MetadataProxy(stage.node.netns, lab);
    const inside = () => {
      using link = BpfLink.pinned(proxy.pins.link(stage.node.index(POD_SIDE), 'inside'));
      return link.info().programId;
    };
    for (const follow of [true, false]) {
      await agent.startHere({ mode: 'pod', follow });
      wire(stage.node, POD_SIDE, stage.pod, 'eth0');
      if (follow) await expect.poll(() => podSavers(proxy), soon).toHaveLength(2); // the second made from the first
      const ready = podSavers(proxy);
      expect(await agent.call('ADD', { annotations: { 'tsnctl.dev/priorities': '6' } })).toMatchObject({
        code: 0,
      });
      expect([follow, ready.includes(inside())]).toEqual([follow, follow]);
      expect(hooksOf(stage.pod)).toEqual(['eth0 egress: pod_saver']);
      stage.node.request(deleteLink({ index: stage.node.index(POD_SIDE) }));
      await agent.stop();
    }
  });
});
