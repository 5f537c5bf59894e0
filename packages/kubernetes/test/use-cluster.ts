import { KubeClient } from '@tsnctl/kubernetes';
import type { ApiServer } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach } from 'vitest';
import { AGENT_TOKEN, startCluster } from './cluster.ts';

/** A cluster for each test of a file, and what an agent of it has. */
export interface AgentInCluster {
  readonly server: ApiServer;
  readonly client: KubeClient;
  /** What ends with the test. */
  readonly stack: DisposableStack;
  readonly log: string[];
  readonly say: (line: string) => void;
}

export function useCluster(): AgentInCluster {
  const current = {} as { -readonly [Key in keyof AgentInCluster]: AgentInCluster[Key] };
  beforeEach(async () => {
    current.server = await startCluster();
    current.client = await KubeClient.open({ kubeconfig: current.server.kubeconfig(AGENT_TOKEN) });
    current.stack = new DisposableStack();
    current.log = [];
    current.say = (line) => void current.log.push(line);
  });
  afterEach(async () => {
    current.stack.dispose();
    await current.server[Symbol.asyncDispose]();
  });
  return current;
}
