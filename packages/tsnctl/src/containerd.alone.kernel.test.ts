import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { missing, useLeakCheck } from '@tsnctl/testkit';
import { CONF_DIR, containerdOf } from '@tsnctl/testkit/containerd';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PluginName } from '../test/containerd/networks.ts';
import { network, OURS, TSN } from '../test/containerd/networks.ts';
import { ContainerdStage, LIST_FILE } from '../test/containerd/stage.ts';
import { requireMachine } from '../test/requirements.ts';

const why = missing({ root: true, kernel: [6, 11], programs: ['containerd', 'runc', 'iptables'] });
const PACKETS = 50;
const WHOLE = { priority: PACKETS, launchTime: PACKETS, wrong: 0 };

/** containerd takes its time where other machines are emulated beside it. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
useLeakCheck();

let stage: ContainerdStage;
/** The node with its agent, before the first pod. */
let bare: string[];

beforeAll(async () => {
  if (why) return;
  stage = await ContainerdStage.create();
  await stage.startAgent();
  await stage.use(['bridge']); // whose bridge stays
  await stage.cri.endPod(await stage.cri.runPod({ name: 'first' }));
  bare = stage.remains();
});
afterAll(() => stage?.[Symbol.asyncDispose]());
beforeEach((ctx) => {
  requireMachine(ctx);
  if (why) ctx.skip(why);
  return async () => {
    for (const pod of await stage.cri.pods()) await stage.cri.endPod(pod);
    expect(stage.remains()).toEqual(bare);
  };
});

describe('behind real plugins, an unprivileged sender keeps priority and launch time to the NIC', () => {
  it.each<{ plugins: PluginName[] }>([
    { plugins: ['bridge'] },
    { plugins: ['ptp'] },
    { plugins: ['bridge', 'portmap'] },
    { plugins: ['bridge', 'firewall'] },
    { plugins: ['bridge', 'tuning'] },
    { plugins: ['bridge', 'bandwidth'] },
    { plugins: ['ptp', 'portmap', 'firewall', 'tuning', 'bandwidth'] },
    { plugins: ['macvlan'] },
    { plugins: ['macvlan', 'tuning'] },
    ...(hasIpvlan() ? [{ plugins: ['ipvlan'] satisfies PluginName[] }] : []),
  ])('$plugins', async ({ plugins }) => {
    await stage.use(plugins);
    const { container } = await stage.run({
      name: 'talker',
      annotations: { ...TSN, ...LIMITS },
      ports: [{ protocol: 'tcp', hostPort: 8080, containerPort: 80 }],
    });
    expect(await stage.send(container, PACKETS)).toEqual(WHOLE);
  });
});

/** It comes with a module. Where it is missing the plugin cannot be tried, which is no reason to skip anything. */
function hasIpvlan(): boolean {
  const command = ['-n', 'ip', 'link', 'add', 'link', 'lo', 'name', 'ipv0', 'type', 'ipvlan'];
  const { stderr } = spawnSync('unshare', command, { encoding: 'utf8' });
  return !/Unknown device type|not permitted/.test(stderr ?? 'not permitted');
}

/** What the plugin bandwidth goes by; more than the sender needs. */
const LIMITS = { 'kubernetes.io/ingress-bandwidth': '100M', 'kubernetes.io/egress-bandwidth': '100M' };

describe('a pod', () => {
  beforeEach(() => stage.use(['bridge']));

  it('that asks for nothing gets no priority, beside one that asks', async () => {
    await stage.cri.runPod({ name: 'asking', annotations: TSN });
    expect(stage.podPrograms()).toEqual(['saver']);
    const { container } = await stage.run({ name: 'plain' });
    expect(stage.podPrograms()).toEqual(['saver', 'strip']);
    expect(await stage.send(container, PACKETS)).toEqual({ priority: 0, launchTime: PACKETS, wrong: 0 });
  });

  it('with addresses of both families keeps them by both', async () => {
    const { container } = await stage.run({ name: 'dual', annotations: TSN });
    for (const family of [4, 6] as const) expect(await stage.send(container, PACKETS, family)).toEqual(WHOLE);
  });

  it('that is granted less gets less', async () => {
    await stage.use(['bridge'], { ...OURS, grant: { priorities: '1-5', txtime: true } });
    const { container } = await stage.run({ name: 'limited', annotations: TSN });
    expect(await stage.send(container, PACKETS)).toEqual({ priority: 0, launchTime: PACKETS, wrong: 0 });
  });

  it('whose annotations are malformed does not start, and leaves nothing', async () => {
    const annotations = { 'tsnctl.dev/priorities': 'high' };
    await expect(stage.cri.runPod({ name: 'wrong', annotations })).rejects.toThrow(
      /plugin type="tsnctl" failed \(add\): .*annotation tsnctl\.dev\/priorities: "high"/,
    );
    expect(stage.remains()).toEqual(bare);
  });

  it('whose network namespace is gone is deleted all the same: DEL without CNI_NETNS', async () => {
    const pod = await stage.cri.runPod({ name: 'bereft', annotations: TSN });
    const [netns] = stage.node.networkNamespaces();
    stage.node.run('umount', '--lazy', `/run/netns/${netns}`);
    stage.node.run('rm', `/run/netns/${netns}`);
    await stage.cri.endPod(pod);
    expect(stage.remains()).toEqual(bare);
  });
});

it('goes on and is deleted while the primary has thrown our entry out', async () => {
  await stage.use(['bridge']);
  const { pod, container } = await stage.run({ name: 'tsn', annotations: TSN });
  await stage.use(['bridge'], false);
  expect(await stage.send(container, PACKETS)).toEqual(WHOLE);
  await stage.cri.endPod(pod);
  await stage.killAgent();
  await stage.startAgent();
  expect(stage.remains()).toEqual(bare);
});

it('without the agent pods start, go on and go; those that ask for TSN wait for it', async () => {
  await stage.use(['bridge']);
  const running = await stage.run({ name: 'running', annotations: TSN });
  const deleted = await stage.cri.runPod({ name: 'deleted', annotations: TSN });
  await stage.killAgent();

  expect(await stage.send(running.container, PACKETS)).toEqual(WHOLE);
  await stage.cri.endPod(deleted);
  await stage.cri.runPod({ name: 'ordinary' });
  await expect(stage.cri.runPod({ name: 'waiting', annotations: TSN })).rejects.toThrow(
    /plugin type="tsnctl" failed \(add\): the tsnctl agent of this node gives no answer: it does not run;/,
  );
  expect(stage.podPrograms()).toEqual(['saver', '']);

  await stage.startAgent();
  expect(stage.podPrograms()).toEqual(['saver', 'strip']);
  expect(stage.stalePins()).toEqual([]);
  const waiting = await stage.run({ name: 'waiting', annotations: TSN });
  expect(await stage.send(waiting.container, PACKETS)).toEqual(WHOLE);
  expect(await stage.send(running.container, PACKETS)).toEqual(WHOLE);
});

it('the agent puts us in again whenever the primary writes its list, and is taken out without a trace', async () => {
  await stage.killAgent();
  await stage.startAgent('--chain', CONF_DIR, '--grant', '1-6', '--grant-txtime');
  await stage.primaryWrites(['bridge']);
  const first = await stage.run({ name: 'first', annotations: TSN });
  const starting = eightAtATime(Array.from({ length: 16 }), () => stage.cri.runPod({ name: 'starting' }));
  await stage.primaryWrites(['bridge', 'portmap']);
  await stage.primaryWrites(['bridge', 'portmap', 'firewall']); // not tuning: it keeps a file until its own DEL
  const text = await stage.primaryWrites(['bridge', 'firewall']);
  await starting;
  const last = await stage.run({ name: 'last', annotations: TSN });
  expect(await stage.send(first.container, PACKETS)).toEqual(WHOLE);
  expect(await stage.send(last.container, PACKETS)).toEqual(WHOLE);
  // Those that started while our entry was out are stripped when the agent looks again.
  await expect
    .poll(() => stage.podPrograms().toSorted(), { timeout: 60_000 })
    .toEqual(['saver', 'saver', ...Array(16).fill('strip')]);

  await stage.killAgent();
  stage.tsnctl('cni', 'remove', '--conf-dir', CONF_DIR);
  expect(stage.listText()).toBe(text);
  await stage.startAgent();
  await stage.use(['bridge']);
});

/** What takes minutes: npm run test:containerd. */
if (process.env.TSNCTL_CONTAINERD === 'full') {
  it('30 pods that start at once are all answered, by the first ADD', async () => {
    await stage.use(['bridge', 'portmap']);
    const pods = Array.from({ length: 30 }, (_, number) => ({
      name: `at-once${number}`,
      ...(number % 2 === 0 && { annotations: TSN }),
    }));
    await Promise.all(pods.map((pod) => stage.cri.runPod(pod)));
    expect(stage.podPrograms().toSorted()).toEqual([...Array(15).fill('saver'), ...Array(15).fill('strip')]);
    await Promise.all((await stage.cri.pods()).map((id) => stage.cri.endPod(id)));
  });

  it('200 pods come and go, though containerd and the agent are killed meanwhile; nothing is left', async () => {
    await stage.use(['bridge', 'portmap', 'firewall']);
    const pods = Array.from({ length: 200 }, (_, number) => ({
      name: `pod${number}`,
      ...(number % 2 === 0 && { annotations: TSN }),
    }));
    const crash = async () => {
      await stage.killAgent();
      await setTimeout(500); // pods that ask for TSN are refused meanwhile
      await stage.startAgent();
    };

    await eightAtATime(pods.slice(0, 70), (pod) => stage.cri.runPod(pod));
    await stage.containerd.restart();
    const crashed = setTimeout(1000).then(crash);
    await eightAtATime(pods.slice(70), (pod) =>
      pod.annotations ? whileAgentIsAway(() => stage.cri.runPod(pod)) : stage.cri.runPod(pod),
    );
    await crashed;
    const programs = stage.podPrograms();
    expect(programs.filter((names) => names === 'saver')).toHaveLength(100);
    expect(programs.filter((names) => names === 'strip')).toHaveLength(100);

    const ids = await stage.cri.pods();
    expect(ids).toHaveLength(200);
    await eightAtATime(ids.slice(0, 70), (id) => stage.cri.endPod(id));
    await stage.containerd.restart();
    const crashedAgain = setTimeout(1000).then(crash);
    await eightAtATime(ids.slice(70), (id) => stage.cri.endPod(id));
    await crashedAgain;

    // Those that were deleted between the agent's first look and its answers are found when it looks again.
    const patience = { timeout: 90_000, interval: 1000 };
    await expect.poll(() => stage.remains(), patience).toEqual(bare);
    await expect.poll(() => stage.stalePins(), patience).toEqual([]);
  }, 600_000);

  describe('containerd 2.1', () => {
    const NETWORK = { ...network(['bridge'], false), cniVersion: '1.1.0' };
    let next: ContainerdStage;
    beforeAll(async () => {
      next = await ContainerdStage.create(await containerdOf('forky'));
      await next.startAgent('--chain', CONF_DIR, '--drop-ins', '--grant', '1-6', '--grant-txtime');
    });
    afterAll(() => next?.[Symbol.asyncDispose]());

    it('takes our drop-in, and the list stays as its owner wrote it', async () => {
      await next.containerd.setNetwork(LIST_FILE, NETWORK);
      const dropIn = next.node.path(join(CONF_DIR, 'pods/99-tsnctl.conf'));
      await expect.poll(() => existsSync(dropIn)).toBe(true);
      const text = next.listText();
      const { pod, container } = await next.run({ name: 'tsn', annotations: TSN });
      await next.cri.runPod({ name: 'plain' });
      expect(next.podPrograms()).toEqual(['saver', 'strip']);
      expect(await next.send(container, PACKETS)).toEqual(WHOLE);

      next.tsnctl('cni', 'gc', '--conf-dir', CONF_DIR, '--drop-ins', '--valid', `${pod}/eth0`);
      expect(next.remains().filter((line) => line.includes('attachments'))).toEqual([
        `file /run/tsnctl/attachments/${pod}@eth0.json`,
      ]);
      expect(await next.send(container, PACKETS)).toEqual(WHOLE);

      for (const id of await next.cri.pods()) await next.cri.endPod(id);
      expect(next.listText()).toBe(text);
      await next.killAgent(); // it would put the drop-in back
      next.tsnctl('cni', 'remove', '--conf-dir', CONF_DIR);
      expect(existsSync(dropIn)).toBe(false);
    });

    it('asks STATUS: the node is not ready without the agent where that was chosen', async () => {
      const strict = { ...network(['bridge'], { ...OURS, onAgentDown: 'error' }), cniVersion: '1.1.0' };
      await next.killAgent();
      await next.containerd.setNetwork(LIST_FILE, strict);
      expect(await next.cri.networkProblem()).toMatch(/the tsnctl agent of this node gives no answer/);
      await next.startAgent();
      expect(await next.cri.networkProblem()).toBeUndefined();
    });
  });
}

async function eightAtATime<T>(items: readonly T[], action: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await action(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Once more as long as the agent is away: the kubelet does the same. What fails for another reason has failed. */
async function whileAgentIsAway<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      const away = /the tsnctl agent of this node gives no answer/.test(`${error}`);
      if (!away || attempt === 60) throw error;
      await setTimeout(500);
    }
  }
}
