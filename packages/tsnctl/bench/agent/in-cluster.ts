import { setTimeout } from 'node:timers/promises';
import { manifests } from '@tsnctl/kubernetes';
import { measured } from '@tsnctl/lab';
import { ApiServer } from '@tsnctl/testkit/api-server';
import { benchNamespace, benchNode, benchPod, benchPolicy } from '../fleet/objects.ts';
import { BenchNode } from './node.ts';
import type { AgentPart } from './parts.ts';

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
    return [measured('cluster/resident', 'MB', bench.residentMb, { goal: 120 })];
  },
};
