import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab, type Stage, setStage } from '@tsnctl/lab';
import { NetlinkSocket, NetNs } from '@tsnctl/linux';
import { getLink } from '@tsnctl/netlink';
import { AGENT_CAPABILITIES } from '@tsnctl/proxy/install';
import { useLeakCheck } from '@tsnctl/testkit';
import { queryTcx } from 'libbpf-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StageAgent } from '../test/agent.ts';
import { type CliResult, killRunning, runCli } from '../test/cli.ts';
import { requireMachine } from '../test/requirements.ts';
import { hooksOf } from '../test/stage.ts';

useLeakCheck();

const SOMEBODY = 12_345;
const LIST = '10-flannel.conflist';
const soon = { timeout: 20_000, interval: 20 };

let lab: Lab;
let stage: Stage;
let agent: StageAgent | undefined;
beforeEach((ctx) => {
  requireMachine(ctx);
  lab = Lab.create();
  stage = setStage(lab);
  makeRuntimeDirectory();
});
afterEach(async () => {
  await agent?.stop();
  agent = undefined;
  await killRunning();
  await lab?.[Symbol.asyncDispose]();
});

describe("with the unit's capabilities alone", () => {
  it('the agent serves a pod from ADD to DEL, and keeps a list that belongs to somebody else', async () => {
    await startAgent(wrap());
    expect(statusOf(agent?.pid ?? 0)).toEqual({ CapEff: bits(), CapBnd: bits(), NoNewPrivs: '1' });
    const annotations = { 'tsnctl.dev/priorities': '3,5-6', 'tsnctl.dev/txtime': 'true' };
    expect(await agent?.call('ADD', { annotations })).toMatchObject({ code: 0 });
    expect(hooksOf(stage.node)).toEqual(['nic0 egress: restorer', 'pod0 ingress: saver']);
    expect(await agent?.call('CHECK')).toMatchObject({ code: 0 });
    expect(await agent?.call('DEL')).toMatchObject({ code: 0 });
    expect(hooksOf(stage.node)).toEqual(['nic0 egress: restorer', 'pod0 ingress: strip']);
    await expect.poll(chained, soon).toBe(true);
    expect(ownerAndMode()).toEqual({ uid: SOMEBODY, gid: SOMEBODY, mode: 0o640 });
    expect(readdirSync(runtimeDirectory())).toEqual([LIST]);
  });

  it('attach and inspect reach a pod that only a process of another user tells of', async () => {
    await using pod = await NamelessPod.start(stage);
    expect(await attachInside(pod, wrap())).toMatchObject({ code: 0, stderr: '' });
    expect(pod.programs).toBe(1);
    const inspected = await run(['inspect', '-o', 'json'], wrap());
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      pods: expect.arrayContaining([expect.objectContaining({ interface: 'pod9', mode: 'pod' })]),
    });
    expect(await run(['detach', 'all'], wrap())).toMatchObject({ code: 0 });
  });
});

/** What can be seen to fail without each of them. */
const without: Readonly<Record<string, () => Promise<void>>> = {
  async CAP_NET_ADMIN() {
    expect(await attach(wrap('CAP_NET_ADMIN'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('this process lacks CAP_NET_ADMIN'),
    });
  },
  async CAP_SYS_ADMIN() {
    expect(await attach(wrap('CAP_SYS_ADMIN'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('this process lacks CAP_SYS_ADMIN'),
    });
    const enter = [...wrap('CAP_SYS_ADMIN'), 'nsenter', `--net=/run/netns/${stage.pod.name}`, 'true'];
    expect(() => stage.node.run(enter)).toThrow('Operation not permitted'); // the kernel says so, too
  },
  async CAP_SYS_PTRACE() {
    await using pod = await NamelessPod.start(stage);
    expect(await attachInside(pod, wrap('CAP_SYS_PTRACE'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the namespace of the pod behind pod9 is not to be found'),
    });
    expect(pod.programs).toBe(0);
  },
  async CAP_DAC_OVERRIDE() {
    await startAgent(wrap('CAP_DAC_OVERRIDE'));
    await expect.poll(() => agent?.log.join('\n'), soon).toMatch(/EACCES/);
    expect(chained()).toBe(false);
  },
  async CAP_CHOWN() {
    await startAgent(wrap('CAP_CHOWN'));
    await expect.poll(() => agent?.log.join('\n'), soon).toMatch(/EPERM/);
    expect(chained()).toBe(false);
    expect(ownerAndMode()).toEqual({ uid: SOMEBODY, gid: SOMEBODY, mode: 0o640 });
  },
};

it.for(Object.keys(AGENT_CAPABILITIES))('none can be spared: without %s', async (name) => {
  await (without[name] ?? expect.fail(`what fails without ${name}?`))();
});

const runtimeDirectory = () => join(lab.directory, 'net.d');

/** A list of a runtime that does not run as root. */
function makeRuntimeDirectory(): void {
  const directory = runtimeDirectory();
  mkdirSync(directory);
  const file = join(directory, LIST);
  writeFileSync(file, JSON.stringify({ name: 'cbr0', cniVersion: '1.0.0', plugins: [{ type: 'flannel' }] }));
  chmodSync(file, 0o640);
  for (const path of [file, directory]) chownSync(path, SOMEBODY, SOMEBODY);
}

const chained = () => readFileSync(join(runtimeDirectory(), LIST), 'utf8').includes('"tsnctl"');

function ownerAndMode() {
  const { uid, gid, mode } = statSync(join(runtimeDirectory(), LIST));
  return { uid, gid, mode: mode & 0o7777 };
}

async function startAgent(wrap: readonly string[]): Promise<void> {
  agent = new StageAgent(stage, { wrap });
  await agent.start(
    '--uplink',
    'nic0=mono',
    '--chain',
    runtimeDirectory(),
    '--grant',
    '1-6',
    '--grant-txtime',
  );
}

/** As the unit starts it, but for one capability. */
function wrap(but?: string): string[] {
  const names = Object.keys(AGENT_CAPABILITIES).filter((name) => name !== but);
  const set = ['-all', ...names.map((name) => `+${name.slice('CAP_'.length).toLowerCase()}`)].join();
  return ['setpriv', `--bounding-set=${set}`, '--inh-caps=-all', '--no-new-privs'];
}

function bits(): string {
  const numbers: Record<string, bigint> = {
    CAP_CHOWN: 0n,
    CAP_DAC_OVERRIDE: 1n,
    CAP_NET_ADMIN: 12n,
    CAP_SYS_PTRACE: 19n,
    CAP_SYS_ADMIN: 21n,
  };
  const set = Object.keys(AGENT_CAPABILITIES).reduce((all, name) => all | (1n << (numbers[name] ?? 63n)), 0n);
  return set.toString(16).padStart(16, '0');
}

function statusOf(pid: number): Record<string, string | undefined> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)?.[1];
  return { CapEff: field('CapEff'), CapBnd: field('CapBnd'), NoNewPrivs: field('NoNewPrivs') };
}

function run(args: readonly string[], wrapped: readonly string[]): Promise<CliResult> {
  return runCli([...args, '--netns', stage.node.name], { bpffs: lab.bpffs, wrap: wrapped });
}

function attach(wrapped: readonly string[]): Promise<CliResult> {
  return run(['attach', 'uplink', 'nic0', '--clock', 'mono'], wrapped);
}

async function attachInside(pod: NamelessPod, wrapped: readonly string[]): Promise<CliResult> {
  expect(await attach(wrapped)).toMatchObject({ code: 0 });
  return run(['attach', 'pod', pod.side, '--allow', '3', '--mode', 'pod'], wrapped);
}

/** A pod whose network namespace has no name: a process of another user is in it, and nothing else. */
class NamelessPod implements AsyncDisposable {
  readonly side = 'pod9';
  readonly #child: ChildProcess;
  readonly #netns: NetNs;

  private constructor(child: ChildProcess, netns: NetNs) {
    this.#child = child;
    this.#netns = netns;
  }

  static async start({ node }: Stage): Promise<NamelessPod> {
    const user = ['setpriv', '--reuid', `${SOMEBODY}`, '--clear-groups', 'sleep', '60'];
    const child = spawn('unshare', ['--net', ...user], { stdio: 'ignore' });
    await expect.poll(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8'), soon).toBe('sleep\n');
    const netns = NetNs.open(`/proc/${child.pid}/ns/net`);
    node.add({ kind: 'veth', name: 'pod9', peer: { name: 'eth0', netnsFd: netns.fd } });
    return new NamelessPod(child, netns);
  }

  /** How many programs are attached inside. */
  get programs(): number {
    using socket = NetlinkSocket.open({ netns: this.#netns });
    const ifindex = socket.request(getLink({ name: 'eth0' }))[0]?.index ?? 0;
    return queryTcx({ ifindex, direction: 'egress', netns: this.#netns }).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#netns[Symbol.dispose]();
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }
}
