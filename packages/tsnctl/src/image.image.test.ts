import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { daemonSet, manifests } from '@tsnctl/kubernetes';
import { missing, useLeakCheck } from '@tsnctl/testkit';
import { BIN_DIR, CONF_DIR, Kubelet, type PodSpec, type RunningPod } from '@tsnctl/testkit/containerd';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AGENT_TOKEN, NODE, pod, policy, startCluster } from '../../kubernetes/test/cluster.ts';
import type { BuiltImage } from '../image/build-image.ts';
import { CHECKOUT } from '../test/cli.ts';
import { ContainerdStage } from '../test/containerd/stage.ts';
import { ApiFront } from '../test/image/api-front.ts';
import { builtImage } from '../test/image/built-image.ts';
import { requireMachine } from '../test/requirements.ts';

const why = missing({
  root: true,
  kernel: [6, 11],
  programs: ['containerd', 'runc', 'busybox', 'mmdebstrap', 'buildah', 'openssl'],
});
const PACKETS = 50;
const WHOLE = { priority: PACKETS, launchTime: PACKETS, wrong: 0 };
const BARE = { priority: 0, launchTime: PACKETS, wrong: 0 };
const API_PORT = 6443;
const ASKS = { 'tsnctl.dev/priorities': '6', 'tsnctl.dev/txtime': 'true' };
const GRANT = { priorities: [6], launchTime: { horizon: '10s' } };
useLeakCheck();

let image: BuiltImage;
let stage: ContainerdStage;
let cluster: Awaited<ReturnType<typeof startCluster>>;
let front: ApiFront;
const resources = new AsyncDisposableStack();
beforeAll(async () => {
  if (why) return;
  image = builtImage();
  stage = resources.use(await ContainerdStage.create(undefined, { plugin: false }));
  cluster = resources.use(await startCluster());
  const to = Number(new URL(cluster.url).port);
  front = resources.use(await ApiFront.start(stage.stage.node.netns, { port: API_PORT, to }));
  await stage.containerd.import(join(CHECKOUT, image.archive), image.name);
  await stage.use(['bridge'], false);
});
afterAll(() => resources.disposeAsync());
beforeEach((ctx) => {
  requireMachine(ctx);
  if (why) ctx.skip(why);
});

it('the pod of the DaemonSet serves a node, goes, comes again, and leaves it as it was', async () => {
  const before = nodeFiles();

  const agent = await runDaemon('tsnctl-first');
  const [container = ''] = agent.containers;
  await expect(stage.cri.exec(container, ['sh'])).rejects.toThrow('"sh": executable file not found in $PATH');
  expect(await stage.cri.exec(container, ['tsnctl', 'version'])).toMatchObject({
    code: 0,
    stdout: `${image.version}\n`,
  });
  expect(nodeFiles().plugins).toContain(' tsnctl\n');
  await expect.poll(chained, { timeout: 20_000 }).toEqual(['bridge', 'tsnctl']);

  const talker = await runTalker('talker');
  expect(await stage.send(talker, PACKETS)).toEqual(BARE); // it asks, and nobody grants
  cluster.put(policy('plant', GRANT));
  await expect.poll(() => stage.send(talker, PACKETS), { timeout: 20_000 }).toEqual(WHOLE);
  const second = await runTalker('second'); // its ADD finds the policy
  expect(await stage.send(second, PACKETS)).toEqual(WHOLE);

  const served = nodeFiles();
  await agent.delete();
  expect(nodeFiles()).toEqual(served);
  expect(await stage.send(talker, PACKETS)).toEqual(WHOLE);

  const again = await runDaemon('tsnctl-again');
  expect(await stage.send(second, PACKETS)).toEqual(WHOLE);
  await again.delete();
  expect(nodeFiles()).toEqual(served);

  const cleaner = await runDaemon('tsnctl-clean', { clean: true });
  await cleaner.delete();
  expect(nodeFiles()).toEqual(before);
  expect(stage.podPrograms()).toEqual(['', '']);
  expect(await stage.send(talker, PACKETS)).toEqual(BARE);
});

/** The DaemonSet's own pod on this node, as the kubelet runs it, until it is ready. */
async function runDaemon(name: string, { clean = false } = {}): Promise<RunningPod> {
  const options = { image: image.name, version: image.version, config: CONFIG, clean };
  const configMap = manifests(options).find(({ kind }) => kind === 'ConfigMap') as unknown as {
    data: Record<string, string>;
  };
  const { template } = (daemonSet(options) as { spec: { template: { spec: PodSpec } } }).spec;
  const daemon = await new Kubelet(stage.containerd).run(template.spec, {
    identity: { name, namespace: 'tsnctl', uid: `uid-${name}` },
    nodeName: NODE,
    hostIp: '198.18.0.1',
    configMaps: { tsnctl: configMap.data },
    serviceAccount: { token: AGENT_TOKEN, ca: front.ca, apiHost: '127.0.0.1', apiPort: API_PORT },
  });
  await expect
    .poll(() => daemon.probe('readinessProbe'), { timeout: 60_000 })
    .toBeDefined()
    .catch((cause: unknown) => {
      throw new Error(`the pod is not ready:\n${daemon.log('agent')}`, { cause });
    });
  return daemon;
}

const CONFIG = 'uplinks: [{name: nic0, clock: mono}]\nchain: auto\nlog: {format: json}\n';

/** An unprivileged pod that asks; the id of its container. */
async function runTalker(name: string): Promise<string> {
  const object = pod(name, { namespace: 'plant', annotations: ASKS });
  const { metadata } = cluster.put(object) as { metadata: { uid: string } };
  const { container } = await stage.run({ name, namespace: 'plant', uid: metadata.uid, annotations: ASKS });
  return container;
}

/** What is in the runtime's directories, and which of ours there are. */
function nodeFiles() {
  const ours = [
    '/opt/tsnctl',
    '/var/lib/tsnctl/journal',

    '/run/tsnctl/attachments',
  ];
  return {
    list: stage.listText(),
    owners: stage.node.run('sh', '-c', `stat -c '%n %a %u:%g' ${CONF_DIR}/* ${BIN_DIR}/*`),
    plugins: stage.node.run('ls', '-l', BIN_DIR),
    ours: ours.filter((path) => existsSync(stage.node.path(path))),
    pinned: existsSync(join(stage.stage.lab.bpffs, 'tsnctl')),
  };
}

function chained(): string[] {
  const list = JSON.parse(stage.listText()) as { plugins: { type: string }[] };
  return list.plugins.map(({ type }) => type);
}
