import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { manifests } from '@tsnctl/kubernetes';
import { Lab, measured, NIC, setStage } from '@tsnctl/lab';
import { MetadataProxy } from '@tsnctl/proxy';
import { ApiServer } from '@tsnctl/testkit/api-server';
import {
  NODE as CLUSTER_NODE,
  namespace,
  pod,
  policy,
  startCluster,
} from '../../../kubernetes/test/cluster.ts';
import { StageAgent } from '../../test/agent.ts';
import { benchNamespace, benchNode, benchPod, benchPolicy } from '../fleet/objects.ts';
import { BenchNode } from './node.ts';
import type { AgentPart } from './part.ts';

const PATIENCE_MS = 30_000;
const NODE = 'node-0';
const NAMESPACES = 200;

/** The same agent tied to a cluster: the client of Kubernetes, and what it follows. */
export const inCluster: AgentPart = {
  title: 'in a cluster of which it follows 110 pods and 200 namespaces',
  async run(program, { idleMs }, signal) {
    const kinds = manifests({ image: 'x', version: '1' }).filter(
      ({ kind }) => kind === 'CustomResourceDefinition',
    );
    await using server = await ApiServer.start({ objects: [...kinds, benchNode(NODE)] });
    for (let at = 0; at < NAMESPACES; at++) server.put(benchNamespace(at));
    for (let at = 0; at < 20; at++) server.put(benchPolicy(at));
    for (let at = 0; at < 110; at++) server.put(benchPod(NODE, at));
    await using bench = BenchNode.create(program);
    const host = ['--host-root', bench.hostRoot, '--node-name', NODE];
    await bench.start('--cluster', '--no-chain', '--kubeconfig', server.kubeconfig(), ...host);
    const until = performance.now() + PATIENCE_MS;
    const isTold = () => server.list('tsnctl.dev/v1alpha1', 'TsnNodeState').some(({ status }) => status);
    while (!isTold() && performance.now() < until) await setTimeout(50, undefined, { signal });
    await setTimeout(idleMs, undefined, { signal });
    return [measured('cluster/resident', 'MB', bench.memory.residentMb, { goal: 120 })];
  },
};

/** From the API's taking of a TsnPolicy until the pod's packets go by it. */
export const policyChanges: AgentPart = {
  title: 'a TsnPolicy that changes, until the pod goes by it',
  async run(_, { policyChanges: count }, signal) {
    await using server = await startCluster();
    const annotations = { 'tsnctl.dev/priorities': '3,6' };
    server.put(namespace('default'));
    server.put(pod('camera', { namespace: 'default', annotations }));
    server.put(policy('cameras', { priorities: [6] }));
    await using lab = Lab.create();
    const stage = setStage(lab);
    const agent = new StageAgent(stage);
    const root = join(lab.directory, 'host');
    for (const name of ['var/lib', 'etc']) mkdirSync(join(root, name), { recursive: true });
    const cluster = ['--cluster', '--node-name', CLUSTER_NODE, '--kubeconfig', server.kubeconfig()];
    await agent.start('--uplink', `${NIC}=mono`, '--no-chain', ...cluster, '--host-root', root);
    try {
      await agent.call('ADD', { container: 'camera', annotations, config: { grant: undefined } });
      const proxy = new MetadataProxy(stage.node.netns, { bpffs: lab.bpffs });
      const goesBy = (priority: number) =>
        proxy.observe().pods.some(({ policy: { allow } }) => allow[0] === priority);
      const until = async (priority: number) => {
        const start = performance.now();
        while (!goesBy(priority)) {
          if (performance.now() - start > PATIENCE_MS) throw new Error(`the pod never sends ${priority}`);
          await setTimeout(1, undefined, { signal });
        }
        return performance.now() - start;
      };
      await until(6);
      const took: number[] = [];
      for (let at = 0; at < count; at++) {
        const priority = at % 2 === 0 ? 3 : 6;
        server.put(policy('cameras', { priorities: [priority] }));
        took.push(await until(priority));
      }
      return [
        measured('cluster/policy-change', 'ms', took, { goal: 1_000 }),
        measured('cluster/policy-change-slowest', 'ms', Math.max(...took)),
      ];
    } finally {
      await agent.stop();
    }
  },
};
