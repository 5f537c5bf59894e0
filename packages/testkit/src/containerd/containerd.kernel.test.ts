import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { useLeakCheck } from '../leak-check.ts';
import { requires } from '../requires.ts';
import { testNamespace } from '../test-namespace.ts';
import { cgroupsNamed } from './cgroups.ts';
import { Containerd } from './containerd.ts';
import { POD_IMAGE } from './pod-image.ts';
import { TestNode } from './test-node.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, programs: ['containerd', 'runc'] }));

const NETWORK = {
  cniVersion: '0.4.0',
  name: 'plain',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: '10.9.0.0/24' }]] },
    },
  ],
};

/** Where containerd, its shims and the plugins would write, were they not on a node of their own. */
const PLACES = [
  '/run/containerd',
  '/run/containerd-root',
  '/var/lib/containerd',
  '/etc/cni',
  '/opt/cni',
  '/var/lib/cni',
];
const present = () => PLACES.filter((path) => existsSync(path));

it('runs pods on a node of its own, through a restart, and leaves nothing on the machine', async () => {
  const before = present();
  {
    using network = testNamespace();
    await using node = await TestNode.create({ netns: network.netns });
    await using containerd = await Containerd.start(node);
    const { cri } = containerd;
    await containerd.setNetwork('10-plain.conflist', NETWORK);

    const pod = { name: 'web', annotations: { colour: 'blue' } };
    const id = await cri.runPod(pod);
    expect(await cri.addresses(id)).toEqual(['10.9.0.2']);
    expect(node.networkNamespaces()).toHaveLength(1);
    const container = await cri.runContainer(id, pod, { image: POD_IMAGE });

    await containerd.stop();
    await containerd.restart();
    expect(await cri.pods()).toEqual([id]);
    expect(await cri.exec(container, ['sh', '-c', 'id -u; echo no >&2; exit 3'])).toEqual({
      code: 3,
      stdout: '65534\n',
      stderr: 'no\n',
    });

    await cri.endPod(id);
    expect(node.networkNamespaces()).toEqual([]);
    expect(node.processes()).toEqual(['/usr/bin/containerd ']);
    await expect(cri.exec('nobody', ['id'])).rejects.toThrow(/^ExecSync: .*"nobody".*not found/);
    await cri.runPod({ name: 'left' }); // goes with the node
  }
  expect(present()).toEqual(before);
  expect(cgroupsNamed(`tsnctl-node-${process.pid}-`)).toEqual([]);
});

it('a process that is killed takes its node along', async () => {
  const main = fileURLToPath(new URL('../../test/node-of-a-killed-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['-C', '@tsnctl/source', main], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
  const inside = Number(/pid (\d+)/.exec(`${line}`)?.[1]);
  expect(existsSync(`/proc/${inside}`)).toBe(true);
  child.kill('SIGKILL');
  await expect.poll(() => existsSync(`/proc/${inside}`), { timeout: 10_000 }).toBe(false);
});
