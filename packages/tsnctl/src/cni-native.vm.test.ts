import { execFileSync, type spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '@tsnctl/cni';
import {
  addressNic,
  judge,
  Lab,
  NIC,
  Observer,
  type Stage,
  setStage,
  stageTalker,
  Talker,
} from '@tsnctl/lab';
import { kernelAtLeast } from '@tsnctl/linux';
import { deleteLink, getLink, listLinks } from '@tsnctl/netlink';
import { abilities } from '@tsnctl/proxy';
import { useLeakCheck, virtualMachine } from '@tsnctl/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PREV_RESULT, StageAgent } from '../test/agent.ts';
import { OURS, PLUGINS, TSN } from '../test/containerd/networks.ts';
import { CLIENT, GO_PLUGINS, MAIN } from '../test/containerd/programs.ts';
import { ContainerdStage } from '../test/containerd/stage.ts';
import { runCall } from '../test/plugin-call.ts';
import { hooksOf } from '../test/stage.ts';
import { UsbWire } from '../test/usb-wire.ts';

/** An emulated machine needs seconds to start a command. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
useLeakCheck();

const PACKETS = 50;
const WHOLE = { priority: PACKETS, launchTime: PACKETS, wrong: 0 };
const VIA = abilities().tcx ? 'tcx' : 'clsact';
/** The lab's host outside. */
const OUTSIDE = '198.18.0.2';
/** The other end of a wire whose NIC a pod gets. */
const WIRE_END = '198.18.5.2';

let lab: Lab;
let stage: Stage;
let observer: Observer;
let talker: ReturnType<typeof stageTalker>;
let agent: StageAgent;

beforeAll(async () => {
  if (!existsSync(CLIENT)) throw new Error(`there is no ${CLIENT}: npx nx run @tsnctl/cni:client`);
  for (const module of ['macvlan', 'ipvlan']) execFileSync('modprobe', [module]);
  lab = Lab.create();
  stage = setStage(lab, { wirePod: () => {} });
  addressNic(stage);
  observer = lab.use(new Observer(stage.node, NIC, { via: VIA }));
  talker = stageTalker(lab);
  agent = new StageAgent(stage);
  await agent.startHere({ uplinks: [{ name: NIC, clock: 'mono' }] });
  mkdirSync(join(lab.directory, 'bin'));
  copyFileSync(CLIENT, join(lab.directory, 'bin/tsnctl'));
});
afterAll(async () => {
  await agent?.stop();
  await lab?.[Symbol.asyncDispose]();
});

/** An interface on top of the NIC, made by the real plugin, and a real sender behind it. */
describe('with the plugin as primary, a pod keeps priority and launch time, and needs nothing of ours', () => {
  it.each([
    ['macvlan', PLUGINS.macvlan],
    ['ipvlan', PLUGINS.ipvlan],
  ])('%s', async (kind, primary) => {
    const pod = container(kind);
    const before = links();
    expect(await cni('add', pod, primary)).toMatchObject({ code: 0, stderr: '' });
    expect(agent.log.at(-1)).toBe(`ADD default/${kind} eth0: ${kind}, which needs nothing`);
    expect(await send(OUTSIDE, observer)).toEqual(WHOLE);
    expect(await cni('del', pod, primary)).toMatchObject({ code: 0, stderr: '' });
    expect({ links: links(), records: agent.records() }).toEqual({ links: before, records: [] });
  });
});

/** Plugin by plugin, as a runtime calls them: an emulated machine takes long to start `tsnctl cni`. */
it('host-device: a pod that gets a NIC keeps priority and launch time on the wire, and needs nothing of ours', async () => {
  const { node, pod, outside } = stage;
  const { device, ipam } = PLUGINS['host-device'];
  const end = { host: outside, name: 'end1' };
  using _ = await UsbWire.plug([{ host: node, name: device }, end]);
  outside.address(end.name, `${WIRE_END}/24`);
  const hooks = () => [...hooksOf(node), ...hooksOf(pod)];
  const before = { links: links(), hooks: hooks() };
  const head = { cniVersion: '1.0.0', name: 'pods' };
  const primary = (command: 'ADD' | 'CHECK' | 'DEL', prevResult?: JsonObject) =>
    runCall(node, {
      program: `${GO_PLUGINS}/host-device`,
      command,
      config: { ...head, type: 'host-device', device, ipam, ...(prevResult && { prevResult }) },
      container: { id: 'given', netns: pod.netns.path, ifname: 'eth0' },
    }).stdout;

  const prevResult: JsonObject = JSON.parse(primary('ADD'));
  const ours = { container: 'given', annotations: TSN, config: { ...head, prevResult } };
  const added = await agent.call('ADD', ours);
  expect(added.code).toBe(0);
  expect(added.reply).toEqual(prevResult);
  expect(agent.log.at(-1)).toBe('ADD default/given eth0: hardware, which needs nothing');
  expect(hooks()).toEqual(before.hooks);
  primary('CHECK', prevResult);
  expect(await agent.call('CHECK', ours)).toMatchObject({ code: 0 });

  const isUp = () => pod.request(getLink({ name: 'eth0' }))[0]?.lowerUp;
  await expect.poll(isUp, { timeout: 60_000 }).toBe(true);
  {
    using onWire = new Observer(pod, 'eth0', { via: VIA });
    expect(await send(WIRE_END, onWire)).toEqual(WHOLE);
  }
  expect(await agent.call('DEL', ours)).toMatchObject({ code: 0 });
  primary('DEL');
  expect({ links: links(), hooks: hooks(), records: agent.records() }).toEqual({ ...before, records: [] });
});

it('ipvlan in mode l3: a pod that asks for TSN is refused, another is not', async () => {
  const primary = { ...PLUGINS.ipvlan, mode: 'l3' };
  const asking = container('asking');
  expect(await cni('add', asking, primary)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^tsnctl: tsnctl failed \(ADD\): eth0 is an ipvlan device: nothing carries /,
    ),
  });
  expect(await cni('del', asking, primary)).toMatchObject({ code: 0 });
  const plain = { ...container('plain'), annotations: {} };
  expect(await cni('add', plain, primary)).toMatchObject({ code: 0, stderr: '' });
  expect(await cni('del', plain, primary)).toMatchObject({ code: 0 });
  expect(agent.records()).toEqual([]);
});

/** Both with real containers: here are the modules that other machines may lack. It takes minutes. */
if (virtualMachine()?.set === 'full' && kernelAtLeast(6, 11)) {
  describe('under containerd, with the plugin as primary, a container keeps both to the NIC', () => {
    let containerd: ContainerdStage;
    beforeAll(async () => {
      containerd = await ContainerdStage.create();
      await containerd.startAgent();
    }, 600_000);
    afterAll(() => containerd?.[Symbol.asyncDispose]());

    it.each(['macvlan', 'ipvlan'] as const)('%s', async (name) => {
      await containerd.use([name]);
      const { pod, container } = await containerd.run({ name, annotations: TSN });
      const sent = await containerd.send(container, PACKETS);
      expect(sent).toEqual(WHOLE);
      await containerd.cri.endPod(pod);
      expect(containerd.remains().filter((line) => line.includes('/attachments/'))).toEqual([]);
    });
  });
}

/** It came with 6.7; the programs at the host side read sockets since 6.11. */
if (kernelAtLeast(6, 11)) {
  it.each(['l2', 'l3'] as const)('netkit in mode %s: carried for from ADD to DEL', async (mode) => {
    const { node, pod } = stage;
    node.add({ kind: 'netkit', name: 'nk0', mode, peer: { name: 'net0', netnsFd: pod.netns.fd } });
    const call = { ifname: 'net0', annotations: TSN };
    const hook = () => hooksOf(node).filter((line) => line.startsWith('nk0 '));
    expect(await agent.call('ADD', call)).toMatchObject({ code: 0, reply: PREV_RESULT });
    expect(hook()).toEqual(['nk0 ingress: saver']);
    expect(await agent.call('CHECK', call)).toMatchObject({ code: 0 });
    expect(await agent.call('DEL', call)).toMatchObject({ code: 0 });
    expect(hook()).toEqual(['nk0 ingress: strip']);
    node.request(deleteLink({ index: node.index('nk0') }));
    expect(agent.records()).toEqual([]);
  });
}

interface Container {
  name: string;
  annotations: Record<string, string>;
}

function container(name: string): Container {
  return { name, annotations: TSN };
}

/**
 * `tsnctl cni COMMAND` on the node, with this plugin and ours behind it. QEMU 7.2 ends a Node now and then, as it
 * does a kernel (docs/decisions/2026-11-29-a-fault-of-qemu.md): what a signal has ended is taken back, and done again.
 */
async function cni(command: 'add' | 'del', pod: Container, primary: JsonObject) {
  for (let tries = 1; ; tries++) {
    const { signal, ...result } = await tryCni(command, pod, primary);
    if (signal === null || tries === 3) return result;
    console.error(`tsnctl cni ${command} was ended by ${signal}: once more\n${result.stderr}`);
    if (command === 'add') await tryCni('del', pod, primary);
  }
}

async function tryCni(
  command: 'add' | 'del',
  { name, annotations }: Container,
  { ipam, ...primary }: JsonObject,
) {
  const list = join(lab.directory, 'pods.conflist');
  const addresses = { ...(ipam as JsonObject), dataDir: join(lab.directory, 'addresses') };
  const plugins = [
    { ...primary, ipam: addresses },
    { ...OURS, socket: agent.socket },
  ];
  writeFileSync(list, JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins }));
  const places = ['--config', list, '--bin-dir', GO_PLUGINS, '--bin-dir', join(lab.directory, 'bin')];
  const of = ['--container', name, '--netns', stage.pod.netns.path, '--args', `K8S_POD_NAME=${name}`];
  const asks = Object.entries(annotations).flatMap(([key, value]) => ['--annotation', `${key}=${value}`]);
  // QEMU's translation of code that is written meanwhile is what goes wrong: none is optimized, by one thread.
  const node = [
    '--liftoff-only',
    '--single-threaded',
    '-C',
    '@tsnctl/source',
    '--disable-warning=ExperimentalWarning',
    MAIN,
  ];
  const args = ['cni', command, ...places, ...of, '--args', 'K8S_POD_NAMESPACE=default', ...asks];
  const child = stage.node.spawn(process.execPath, [...node, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  }) as ReturnType<typeof spawn>;
  const [stdout, stderr, [code, signal]] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    once(child, 'close'),
  ]);
  return { code, signal, stdout, stderr };
}

/** Unprivileged, at priority 6 with launch times; what the NIC got of it that is observed. */
async function send(address: string, by: Observer) {
  by.take();
  const to = ['--to', address, '--port', '7100', '--proto', 'udp', '--flow', '9'];
  const how = ['--priority', '6', '--count', `${PACKETS}`, '--interval-us', '2000', '--txtime', 'mono'];
  await using sender = Talker.start(talker, stage.pod, 'none', ['send', ...to, ...how]);
  await sender.done();
  await expect.poll(() => by.observed, { timeout: 60_000 }).toBeGreaterThanOrEqual(PACKETS);
  return judge({ flow: 9, sent: PACKETS, priority: 6, launchTime: true, tcp: false }, by.take());
}

function links(): string[] {
  return [stage.node, stage.pod].flatMap((host) => host.request(listLinks()).map(({ name }) => name));
}
