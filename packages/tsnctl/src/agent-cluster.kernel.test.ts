import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterLink, type ClusterLinkOptions, clusterRole, KubeClient } from '@tsnctl/kubernetes';
import { Lab, NIC, Observer, paths, type Stage, setStage, stageTalker, Talker } from '@tsnctl/lab';
import { NetNs } from '@tsnctl/linux';
import { inspectNode, observeNode } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import type { ApiServer, Rights } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AGENT_TOKEN, NODE, nic, node, pod, policy, startCluster } from '../../kubernetes/test/cluster.ts';
import { StageAgent } from '../test/agent.ts';
import { Cli, killRunning } from '../test/cli.ts';
import { requireMachine } from '../test/requirements.ts';
import { hooksOf } from '../test/stage.ts';

useLeakCheck();

const soon = { timeout: 20_000, interval: 20 };
let lab: Lab;
let stage: Stage;
let agent: StageAgent;
let server: ApiServer;
beforeEach(async (ctx) => {
  requireMachine(ctx);
  requires(ctx, { root: true });
  lab = Lab.create();
  stage = setStage(lab);
  agent = new StageAgent(stage);
  server = await startCluster();
});
afterEach(async () => {
  await agent?.stop();
  await killRunning();
  await server?.[Symbol.asyncDispose]();
  await lab?.[Symbol.asyncDispose]();
});

const root = () => join(lab.directory, 'host');
const start = (...more: string[]) => {
  for (const name of ['var/lib', 'etc']) mkdirSync(join(root(), name), { recursive: true });
  const cluster = ['--cluster', '--node-name', NODE, '--kubeconfig', server.kubeconfig(AGENT_TOKEN)];
  return agent.start('--uplink', 'nic0=mono', ...cluster, '--host-root', root(), ...more);
};
const hooks = () => hooksOf(stage.node);
const state = () => server.get('tsnctl.dev/v1alpha1', 'TsnNodeState', NODE)?.status;
/** As a runtime calls the plugin whose list grants nothing: in a cluster, TsnPolicies do. */
const add = (annotations: Record<string, string>) =>
  agent.call('ADD', { container: 'camera', annotations, config: { grant: undefined } });

describe('a pod in a cluster', () => {
  const annotations = { 'tsnctl.dev/priorities': '3,6' };
  const camera = () => pod('camera', { namespace: 'default', annotations });

  it('is granted by a TsnPolicy, follows its changes under traffic, and keeps what it has while the API is away', async () => {
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    server.put(camera());
    server.put(policy('cameras', { priorities: [6] }));
    const observer = lab.use(new Observer(stage.node, NIC));
    await start('--no-chain');
    expect(await add(annotations)).toMatchObject({ code: 0 });
    await expect.poll(hooks, soon).toContain('pod0 ingress: saver');
    const seen = inspectNode(observeNode({ netns: stage.node.netns, bpffs: lab.bpffs, state: agent.state }));
    expect(seen.drift.map(({ code }) => code)).toEqual(['clock']); // of --uplink, where no qdisc reads any

    const target = paths.find(({ name }) => name === 'bridge-route')?.lay(stage);
    const to = ['--to', target?.[4] ?? '', '--port', '7100', '--proto', 'udp', '--flow', '9'];
    const how = ['--priority', '6', '--count', '4000', '--interval-us', '1000'];
    await using talker = Talker.start(stageTalker(lab), stage.pod, 'none', ['send', ...to, ...how]);
    await expect.poll(() => observer.observed, soon).toBeGreaterThan(500);
    server.put(policy('cameras', { priorities: [3], remap: [{ from: 6, to: 3 }] }));
    await talker.done();
    await expect.poll(() => observer.observed, soon).toBe(4000);
    const sent = observer.take().map(({ priority }) => priority);
    const change = sent.indexOf(3);
    expect(change).toBeGreaterThan(0);
    expect([...new Set(sent.slice(0, change)), ...new Set(sent.slice(change))]).toEqual([6, 3]);

    await server.down();
    await agent.stop();
    expect(hooks()).toContain('pod0 ingress: saver');
    await start('--no-chain'); // a node that reboots its agent while nobody answers
    expect(hooks()).toContain('pod0 ingress: saver');
    await server.up();
    server.delete('tsnctl.dev/v1alpha1', 'TsnPolicy', 'cameras');
    await expect.poll(hooks, soon).toContain('pod0 ingress: strip');
    const events = () => server.list('events.k8s.io/v1', 'Event').map(({ note }) => note);
    await expect
      .poll(events, soon)
      .toContain('it asks for priorities 3,6, and no TsnPolicy selects it: it sends priority 0');
  });
});

it('tells of a TsnInterface that means nothing here, and of one that cannot be applied; the NIC stays as it was', async () => {
  server.put(node(NODE, { role: 'line' }));
  const qdisc = () => stage.node.run(['tc', 'qdisc', 'show', 'dev', 'nic0', 'root']);
  const before = qdisc();
  server.put(nic('elsewhere', { nodeSelector: { matchLabels: { role: 'office' } } }));
  server.put(nic('none', { match: { name: 'ens*' } }));
  server.put(nic('bad', { match: { name: 'nic0' }, clock: 'tai', schedule: { qdisc: 'nosuch' } }));
  await start('--no-chain');
  await expect.poll(() => JSON.stringify(state()), soon).toContain('"name":"bad"');
  expect(state()).toMatchObject({
    uplinks: [{ name: 'nic0', clock: expect.stringMatching(/tai|mono/) }],
    interfaces: [
      {
        name: 'bad',
        interface: 'nic0',
        conditions: [{ reason: 'OneInterface' }, { type: 'Applied', status: 'False' }],
      },
      { name: 'none', conditions: [{ reason: 'NoInterface' }] },
    ],
  });
  expect(qdisc()).toBe(before);
  expect(agent.log.join('\n')).toContain('TsnInterface none: no interface of this node is name ens*');
});

it('makes a NIC what a TsnInterface wants, mends it, and leaves it so when a second one claims it', async () => {
  const mq = { schedule: { qdisc: 'mq' }, match: { name: 'nic0' } };
  const qdisc = () => stage.node.run(['tc', 'qdisc', 'show', 'dev', 'nic0', 'root']);
  const conditions = () =>
    JSON.stringify((state() as { interfaces?: unknown[] } | undefined)?.interfaces ?? 'none yet');
  stage.node.run(['tc', 'qdisc', 'replace', 'dev', 'nic0', 'root', 'pfifo']);
  server.put(nic('line', mq));
  await start('--no-chain');
  await expect.poll(qdisc, soon).toContain('qdisc mq ');
  await expect.poll(conditions, soon).toContain('nic0 is as the schedule wants it');
  server.put(nic('rival', { match: { name: 'nic*' }, schedule: { qdisc: 'nosuch' } }));
  const said =
    'TsnInterface line: nic0 is claimed by rival, too: it keeps what it has until one of them goes';
  await expect.poll(() => agent.log.join('\n'), soon).toContain(said);
  expect(qdisc()).toContain('qdisc mq ');
  server.delete('tsnctl.dev/v1alpha1', 'TsnInterface', 'rival');
  stage.node.run(['tc', 'qdisc', 'replace', 'dev', 'nic0', 'root', 'pfifo']); // by hand
  server.put(nic('line', { ...mq, clock: 'none' }));
  await expect.poll(qdisc, soon).toContain('qdisc mq ');
});

describe('a NIC gets back what it had', () => {
  const mq = { schedule: { qdisc: 'mq' }, match: { name: 'nic0' } };
  const qdisc = () => stage.node.run(['tc', 'qdisc', 'show', 'dev', 'nic0', 'root']);
  const kind = () => /qdisc (\S+)/.exec(qdisc())?.[1];
  const pfifo = () => stage.node.run('tc qdisc replace dev nic0 root pfifo limit 77'.split(' '));

  it('where its TsnInterface goes, also while the agent is not there, and not where that is made wrong', async () => {
    server.put(node(NODE, { role: 'line' }));
    pfifo();
    const before = qdisc();
    server.put(nic('line', { ...mq, nodeSelector: { matchLabels: { role: 'line' } } }));
    await start('--no-chain');
    await expect.poll(kind, soon).toBe('mq');

    server.put(nic('line', { ...mq, match: { name: 'ens*' } })); // none: it keeps its last good state
    const none = 'TsnInterface line: no interface of this node is name ens*';
    await expect.poll(() => agent.log.join('\n'), soon).toContain(none);
    expect(kind()).toBe('mq');
    server.put(nic('line', { ...mq, nodeSelector: { matchLabels: { role: 'line' } } }));
    server.put(node(NODE, { role: 'office' }));
    await expect.poll(qdisc, soon).toBe(before);
    const left = /TsnInterface line has left nic0: .*pfifo/;
    await expect.poll(() => agent.log.join('\n'), soon).toMatch(left);

    server.put(node(NODE, { role: 'line' }));
    await expect.poll(kind, soon).toBe('mq');
    await agent.stop();
    expect(kind()).toBe('mq');
    server.delete('tsnctl.dev/v1alpha1', 'TsnInterface', 'line');
    await start('--no-chain');
    await expect.poll(qdisc, soon).toBe(before);
  });

  it('when the node is cleaned', async () => {
    pfifo();
    const before = qdisc();
    server.put(nic('line', mq));
    await start('--no-chain');
    await expect.poll(kind, soon).toBe('mq');
    await agent.stop();
    const cleaning = new Cli([
      ...['agent', '--cluster', '--clean', '--host-root', root(), '--netns', stage.node.name],
      ...['--bpffs', lab.bpffs, '--http', 'off', '--log-format', 'text', '--no-chain'],
    ]);
    await cleaning.says('nothing of tsnctl is left on this node but this process');
    expect(qdisc()).toBe(before);
    expect(stage.node.run(['find', root(), '-name', 'tsnctl*'])).toBe('');
    await killRunning();
  });
});

/** What ties an agent to its cluster, in this process: it writes soon. */
async function linkOf(
  netns: NetNs,
  writes: ClusterLinkOptions['writes'] & object,
  log: (line: string) => void = () => undefined,
): Promise<ClusterLink> {
  return new ClusterLink({
    client: await KubeClient.open({ kubeconfig: server.kubeconfig(AGENT_TOKEN) }),
    node: NODE,
    netns,
    version: '1',
    mode: () => 'host',
    log,
    bpffs: lab.bpffs,
    state: join(lab.directory, 'attachments'),
    tuneState: join(lab.directory, 'tune'),
    onUplinks: () => undefined,
    writes,
  });
}

it('the status of a TsnInterface says whether it is in force, by the word of one node', async () => {
  stage.node.run('tc qdisc replace dev nic0 root pfifo'.split(' '));
  using netns = NetNs.open(stage.node.name);
  mkdirSync(join(lab.directory, 'tune'));
  const torn = join(lab.directory, 'tune', `${netns.cookie}-999.json`);
  writeFileSync(torn, '{'); // keeps it from nothing, and is told
  const told: string[] = [];
  using link = await linkOf(netns, { withinMs: 300 }, (line) => told.push(line));
  await expect.poll(() => link.interfaces.isSynced, soon).toBe(true);
  const status = () => server.get('tsnctl.dev/v1alpha1', 'TsnInterface', 'line')?.status;
  const says = (accepted: string, applied: string, reason: string) => ({
    node: NODE,
    conditions: [
      { type: 'Accepted', status: accepted },
      { type: 'Applied', status: applied, reason },
    ],
  });
  server.put(nic('line', { match: { name: 'nic0' }, schedule: { qdisc: 'mq' } }));
  await expect.poll(status, soon).toMatchObject(says('True', 'True', 'InPlace'));
  server.put(nic('rival', { match: { name: 'nic*' } }));
  await expect.poll(status, soon).toMatchObject(says('False', 'False', 'Claimed'));
  server.delete('tsnctl.dev/v1alpha1', 'TsnInterface', 'rival');
  await expect.poll(status, soon).toMatchObject(says('True', 'True', 'InPlace'));
  server.put(nic('line', { match: { name: 'nic0' }, schedule: { qdisc: 'nosuch' } }));
  await expect
    .poll(status, soon)
    .toMatchObject({ ...says('True', 'False', 'BadSchedule'), observedGeneration: 2 });
  server.put(nic('line', { match: { name: 'n*' }, schedule: { qdisc: 'mq' } }));
  await expect.poll(status, soon).toMatchObject({ observedGeneration: 3 });
  expect(server.served.filter((it) => it.status >= 400 && it.status !== 409)).toEqual([]);
  const said = `what TsnInterfaces have tuned before: ${torn} cannot be read: .*Try: rm ${torn}`;
  expect(told.join('\n')).toMatch(new RegExp(said));
});

it('an agent asks for each right that it has, and for no other', async () => {
  server.put(policy('cameras', { priorities: [3] }));
  server.put(nic('line', { match: { name: 'nic0' } }));
  server.put(pod('camera', { annotations: { 'tsnctl.dev/priorities': '3,7' } }));
  using netns = NetNs.open(stage.node.name);
  using link = await linkOf(netns, { leastMs: 10, withinMs: 100 });
  await expect.poll(() => link.interfaces.isSynced, soon).toBe(true);
  link.sink.report({ ready: true, uplinks: [], pods: [] });
  const { rules } = clusterRole() as Rights;
  const granted = rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
  const asked = () => [...new Set(server.served.map(({ verb, resource }) => `${verb} ${resource}`))];
  await expect.poll(() => asked().toSorted(), soon).toEqual(granted.toSorted());
});

it('brings its plugin to the node before the chain names it, and cleans both off again', async () => {
  const conf = join(root(), 'etc/cni/net.d');
  mkdirSync(conf, { recursive: true });
  mkdirSync(join(root(), 'etc/containerd'), { recursive: true });
  writeFileSync(join(root(), 'etc/containerd/config.toml'), 'version = 2\n');
  const list = { cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'ptp' }] };
  writeFileSync(join(conf, '10-pods.conflist'), JSON.stringify(list));
  const config = join(lab.directory, 'config.yaml');
  writeFileSync(config, 'chain: auto\n', { mode: 0o600 });
  await start('--config', config);
  const chain = () => stage.node.run(['cat', join(conf, '10-pods.conflist')]);
  await expect.poll(chain, soon).toContain('"tsnctl"');
  expect(stage.node.run(['ls', join(root(), 'opt/cni/bin')])).toBe('tsnctl\n');
  await agent.stop();
  expect(chain()).toContain('"tsnctl"'); // an agent that goes changes nothing
  expect(hooks()).toContain('nic0 egress: restorer');

  const cleaning = new Cli([
    ...['agent', '--cluster', '--clean', '--host-root', root(), '--netns', stage.node.name],
    ...['--bpffs', lab.bpffs, '--http', 'off', '--log-format', 'text', '--config', config],
  ]);
  await expect.poll(hooks, soon).toEqual([]);
  await expect.poll(chain, soon).toBe(JSON.stringify(list));
  await expect.poll(() => stage.node.run(['find', root(), '-name', 'tsnctl*']), soon).toBe('');
  const end = 'nothing of tsnctl is left on this node but this process';
  await expect.poll(() => cleaning.stderr, soon).toContain(end);
  await killRunning();
});
