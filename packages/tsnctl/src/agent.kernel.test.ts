import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { judge, Lab, Observer, paths, type Stage, setStage, stageTalker, Talker, wire } from '@tsnctl/lab';
import { MetadataProxy } from '@tsnctl/proxy';
import { useLeakCheck } from '@tsnctl/testkit';
import { BpfLink } from 'libbpf-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PREV_RESULT, StageAgent } from '../test/agent.ts';
import { killRunning } from '../test/cli.ts';
import { requireMachine } from '../test/requirements.ts';
import { hooksOf } from '../test/stage.ts';

useLeakCheck();

const EVERYTHING = { 'tsnctl.dev/priorities': '3,5-6', 'tsnctl.dev/txtime': 'true' };
const NIC = 'nic0 egress: restorer';

let lab: Lab;
let stage: Stage;
let agent: StageAgent;
beforeEach((ctx) => {
  requireMachine(ctx);
  lab = Lab.create();
  stage = setStage(lab);
  agent = new StageAgent(stage);
});
afterEach(async () => {
  await agent?.stop();
  await killRunning();
  await lab?.[Symbol.asyncDispose]();
});

describe('tsnctl agent', () => {
  it('carries for a pod from ADD to DEL, whatever becomes of the agent meanwhile', async () => {
    const target = paths.find(({ name }) => name === 'bridge-route')?.lay(stage);
    const observer = lab.use(new Observer(stage.node, 'nic0'));
    await agent.start();
    expect(hooks()).toEqual([`${NIC}, observer`, 'pod0 ingress: strip']);
    expect(await agent.call('ADD', { annotations: EVERYTHING })).toMatchObject({
      code: 0,
      reply: PREV_RESULT,
    });
    expect(hooks().at(-1)).toBe('pod0 ingress: saver');
    expect(await agent.call('CHECK')).toMatchObject({ code: 0 });

    const asked = { flow: 9, sent: 3_000, priority: 6, launchTime: true, tcp: false };
    const to = ['--to', target?.[4] ?? '', '--port', '7100', '--proto', 'udp', '--flow', `${asked.flow}`];
    const how = [
      '--priority',
      '6',
      '--count',
      `${asked.sent}`,
      '--interval-us',
      '800',
      '--txtime',
      'mono',
      '--lead-ms',
      '1000',
    ];
    await using talker = Talker.start(stageTalker(lab), stage.pod, 'none', ['send', ...to, ...how]);
    await expect.poll(() => observer.observed, { timeout: 20_000, interval: 5 }).toBeGreaterThan(50);
    expect(await agent.stop('SIGKILL')).toBe(null);
    const before = observer.observed;
    await agent.start();
    expect(agent.log.at(-1)).toBe(`ready: listening on ${agent.socket}; uplinks nic0; 1 pods recorded`);
    expect(before).toBeLessThan(asked.sent); // it was under traffic
    expect(observer.observed).toBeGreaterThan(before);
    await talker.done();
    await expect.poll(() => observer.observed, { timeout: 10_000 }).toBe(asked.sent);
    expect(judge(asked, observer.take())).toEqual({ priority: asked.sent, launchTime: asked.sent, wrong: 0 });

    expect(await agent.call('CHECK')).toMatchObject({ code: 0 });
    detach(pinOf('pod0'));
    expect(await agent.call('CHECK')).toMatchObject({
      code: 1,
      reply: { code: 100, msg: 'saver is not attached to pod0' },
    });
    expect(await agent.call('DEL', { netns: '', config: { prevResult: undefined } })).toMatchObject({
      code: 0,
    });
    expect(await agent.call('DEL')).toMatchObject({ code: 0, reply: undefined });
    expect(await agent.call('CHECK')).toMatchObject({ reply: { code: 3 } });
    expect(agent.records()).toEqual([]);
    expect(hooks().at(-1)).toBe('pod0 ingress: strip');

    const left = hooks();
    expect(await agent.stop()).toBe(0);
    expect(agent.records()).toEqual([]);
    expect(hooks()).toEqual(left);
  });

  it('answers thirty ADDs at once, and GC takes what nobody owns', async () => {
    const pods = Array.from({ length: 30 }, (_, at) => {
      const host = lab.host(`many${at}`);
      wire(stage.node, `many${at}`, host, 'eth0');
      return { container: `c${at}`, netns: `/run/netns/${host.name}`, annotations: EVERYTHING };
    });
    await agent.startHere();
    const churn = comeAndGo();
    const replies = await Promise.all(pods.map((pod) => agent.call('ADD', pod)));
    churn.kill();
    await once(churn, 'close');
    expect(new Set(replies.map(({ code }) => code))).toEqual(new Set([0]));
    expect(Math.max(...replies.map(({ ms }) => ms))).toBeLessThan(5_000); // one after the other it would be longer
    expect(hooks().filter((hook) => hook.endsWith('saver'))).toHaveLength(30);
    const valid = [{ containerID: 'c7', ifname: 'eth0' }];
    const other = { name: 'others', 'cni.dev/valid-attachments': [] };
    expect(await agent.call('GC', { config: other })).toMatchObject({ code: 0 });
    expect(agent.records()).toHaveLength(30); // they are of another network
    expect(await agent.call('GC', { config: {} })).toMatchObject({ code: 0 });
    expect(agent.records()).toHaveLength(30); // without a list nothing can go
    expect(await agent.call('GC', { config: { 'cni.dev/valid-attachments': valid } })).toMatchObject({
      code: 0,
    });
    expect(agent.records()).toEqual(['c7@eth0.json']);
    expect(hooks().filter((hook) => hook.endsWith('saver'))).toEqual(['many7 ingress: saver']);
    const pin = pinOf('many8');
    expect(existsSync(pin)).toBe(true);
    stage.node.run(['ip', 'link', 'del', 'many8']);
    await expect.poll(() => existsSync(pin), { timeout: 5_000 }).toBe(false);
  });

  it('refuses what is not to be, and changes nothing', async () => {
    await agent.startHere();
    const before = hooks();
    const wrong: [Parameters<StageAgent['call']>[1], number, RegExp][] = [
      [{ netns: '/run/netns/vanished' }, 8, /names no network namespace/],
      [{ netns: `/run/netns/${stage.node.name}` }, 8, /is the network namespace of the host itself/],
      [{ netns: '/proc/self/ns/net' }, 8, /is the network namespace of the host itself/],
      [{ netns: 'relative' }, 8, /is no absolute path/],
      [{ ifname: 'eth9' }, 7, /there is no interface eth9/],
      [{ container: '../..' }, 4, /is no container id/],
      [{ container: 'x'.repeat(201) }, 4, /is longer than 200 characters/],
      [{ annotations: { 'tsnctl.dev/priorities': '3,x' } }, 7, /annotation tsnctl.dev\/priorities: "3,x"/],
      [{ config: { grant: 'all' } }, 7, /the plugin's entry: "grant" is "all"/],
    ];
    for (const [options, code, message] of wrong) {
      const { reply, ...rest } = await agent.call('ADD', { annotations: EVERYTHING, ...options });
      expect({ code: rest.code, error: reply?.code, msg: reply?.msg }).toEqual({
        code: 1,
        error: code,
        msg: expect.stringMatching(message),
      });
    }
    expect({ hooks: hooks(), records: agent.records() }).toEqual({ hooks: before, records: [] });
    await expect(new StageAgent(stage).startHere()).rejects.toMatchObject({
      code: 'AGENT_RUNS',
      message: `another agent keeps its records in ${agent.state}`,
    });
    expect(await agent.call('STATUS')).toMatchObject({ code: 0 });
  });

  it('is refused where another agent keeps the same node, wherever that has its files', async () => {
    await agent.start();
    const other = new StageAgent(stage, { directory: mkdtempSync(join(lab.directory, 'other-')) });
    expect(await other.another()).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(
        `tsnctl: another agent keeps this network namespace (net:[${stage.node.netns.inode}]): process ${agent.pid}. Try: stop that one first, ps -fp ${agent.pid} shows it; what is attached stays attached meanwhile`,
      ),
    });
    expect(await agent.call('STATUS')).toMatchObject({ code: 0 });
    const before = hooks();
    await agent.stop('SIGKILL');
    await other.startHere();
    expect(hooks()).toEqual(before);
    await other.stop();
  });

  it('leaves native interfaces alone, and says where nothing carries', async () => {
    const { node, pod } = stage;
    node.run(['ip', 'link', 'add', 'link', 'nic0', 'name', 'mac0', 'netns', pod.name, 'type', 'macvlan']);
    node.run([
      'ip',
      '-n',
      pod.name,
      'link',
      'add',
      'vx0',
      'type',
      'vxlan',
      'id',
      '7',
      'dev',
      'eth0',
      'dstport',
      '4789',
    ]);
    await agent.startHere();
    const before = hooks();
    expect(await agent.call('ADD', { ifname: 'mac0', annotations: EVERYTHING })).toMatchObject({
      code: 0,
      reply: PREV_RESULT,
    });
    expect(await agent.call('CHECK', { ifname: 'mac0' })).toMatchObject({ code: 0 });
    expect(await agent.call('ADD', { ifname: 'vx0', annotations: EVERYTHING })).toMatchObject({
      reply: { code: 7, msg: 'vx0 is a vxlan device: nothing carries TSN metadata from there' },
    });
    expect(await agent.call('ADD', { ifname: 'vx0' })).toMatchObject({ code: 0, reply: PREV_RESULT });
    expect(await agent.call('ADD', { ifname: 'eth0' })).toMatchObject({ code: 0 });
    expect(agent.records()).toEqual(['web@eth0.json', 'web@mac0.json', 'web@vx0.json']);
    expect(hooks()).toEqual(before); // eth0 asks for nothing, and is stripped as before
    expect(agent.log.slice(-3)).toEqual([
      expect.stringMatching(/^ADD web vx0 refused: /),
      'ADD default/web vx0: vxlan, which nothing carries for',
      'ADD default/web eth0: pod0: nothing',
    ]);
  });

  it('leaves a pair alone whose other end is elsewhere, and refuses a pod that asks for something there', async () => {
    wire(lab.host('wire'), 'eth0', stage.pod, 'net1');
    await agent.startHere();
    const [before, inside] = [hooks(), hooksOf(stage.pod)];
    const message = `the other end of net1 in ${stage.pod.netns.path} is not in the node's network namespace`;
    expect(await agent.call('ADD', { ifname: 'net1', annotations: EVERYTHING })).toMatchObject({
      code: 1,
      reply: { code: 7, msg: message, details: expect.stringContaining('tsnctl agent --netns') },
    });
    expect(await agent.call('ADD', { ifname: 'net1' })).toMatchObject({ code: 0, reply: PREV_RESULT });
    expect(await agent.call('CHECK', { ifname: 'net1' })).toMatchObject({ code: 0 });
    expect(await agent.call('DEL', { ifname: 'net1' })).toMatchObject({ code: 0 });
    expect([hooks(), hooksOf(stage.pod), agent.records()]).toEqual([before, inside, []]);
  });

  it('carries for several interfaces of a pod, each for itself', async () => {
    wire(stage.node, 'pod1', stage.pod, 'net1');
    await agent.startHere();
    const add = (ifname: string, grant: object) =>
      agent.call('ADD', { ifname, annotations: EVERYTHING, config: { grant } });
    expect(await add('eth0', { priorities: '1-6', txtime: true })).toMatchObject({ reply: PREV_RESULT });
    expect(await add('net1', { priorities: '3' })).toMatchObject({ code: 0, reply: PREV_RESULT });
    expect(agent.log.slice(-2)).toEqual([
      'ADD default/web eth0: pod0: priorities 3,5-6, launch time up to 10s ahead',
      'ADD default/web net1: pod1: priority 3; asked for and not granted: priorities 5-6, launch times',
    ]);
    expect(hooks()).toEqual([NIC, 'pod0 ingress: saver', 'pod1 ingress: saver']);
    expect(await agent.call('DEL', { ifname: 'eth0' })).toMatchObject({ code: 0 });
    expect(hooks()).toEqual([NIC, 'pod0 ingress: strip', 'pod1 ingress: saver']);
    expect(agent.records()).toEqual(['web@net1.json']);
    expect(await agent.call('CHECK', { ifname: 'net1' })).toMatchObject({ code: 0 });
  });

  it('says that it has no uplink, passes who asks for nothing, and carries in pod mode when it has one', async () => {
    await agent.startHere({ uplinks: [{ name: 'nope0' }] });
    expect(agent.log[0]).toMatch(/^uplink nope0: there is no interface nope0 in this namespace\. Try: /);
    const message = 'no uplink is attached on this node: nothing would restore what pods send';
    expect(await agent.call('STATUS')).toMatchObject({ reply: { code: 50, msg: message } });
    expect(await agent.call('ADD', { annotations: EVERYTHING })).toMatchObject({
      reply: { code: 11, msg: `default/web eth0: ${message}` },
    });
    expect(agent.records()).toEqual([]); // what fails leaves nothing behind
    expect(await agent.call('ADD')).toMatchObject({ code: 0 });
    expect(await agent.call('DEL')).toMatchObject({ code: 0 });
    await agent.stop();
    await agent.startHere({ mode: 'pod' });
    expect(await agent.call('STATUS')).toMatchObject({ code: 0 });
    expect(await agent.call('ADD', { annotations: EVERYTHING })).toMatchObject({ code: 0 });
    expect([...hooks(), ...hooksOf(stage.pod)]).toEqual([
      NIC,
      'pod0 ingress: gate',
      'eth0 egress: pod_saver',
    ]);
    expect(await agent.call('CHECK')).toMatchObject({ code: 0 });
    expect(await agent.call('DEL')).toMatchObject({ code: 0 });
    expect([...hooks(), ...hooksOf(stage.pod)]).toEqual([NIC, 'pod0 ingress: strip']);
  });
});

function hooks(): string[] {
  return hooksOf(stage.node);
}

/** Other pods, whose interfaces come and go all the time. */
function comeAndGo(): ChildProcess {
  const both = `ip link add churn type veth peer name churn netns ${stage.pod.name}; ip link del churn`;
  return stage.node.spawn('sh', ['-c', `while :; do ${both}; done`], { stdio: 'ignore' });
}

function pinOf(name: string): string {
  return new MetadataProxy(stage.node.netns, lab).pins.link(stage.node.index(name), 'ingress');
}

/** Somebody takes a program of ours off, pin and all. */
function detach(pin: string): void {
  using link = BpfLink.pinned(pin);
  link.detach();
  rmSync(pin);
}
