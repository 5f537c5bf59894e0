import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { ApiServer } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AGENT_TOKEN, policy, startCluster } from '../../test/cluster.ts';
import { follow } from './follow.ts';
import { type ApiObject, KubeClient } from './kube-client.ts';
import { customPath } from './paths.ts';

const soon = { timeout: 30_000, interval: 20 };
const SECRETS = 'var/run/secrets/kubernetes.io/serviceaccount';
let server: ApiServer;
let directory: string;
beforeEach(async () => {
  server = await startCluster();
  directory = mkdtempSync(join(tmpdir(), 'tsnctl-token-'));
  mkdirSync(join(directory, SECRETS), { recursive: true });
});
afterEach(async () => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
  await server[Symbol.asyncDispose]();
});

const rotateTo = (token: string) => writeFileSync(join(directory, SECRETS, 'token'), token);

/** A kubeconfig with the user that a pod has, as its service account says. */
function kubeconfigOfPod(): string {
  const config = new KubeConfig();
  config.loadFromCluster(`${directory}/`);
  const path = join(directory, 'kubeconfig');
  const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
  const content = {
    'current-context': 'pod',
    clusters: [{ name: 'here', cluster }],
    users: [{ name: 'pod', user: { 'auth-provider': config.users[0]?.authProvider } }],
    contexts: [{ name: 'pod', context: { cluster: 'here', user: 'pod' } }],
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

it('a token that the kubelet has rotated is taken up by watches and writes, within a minute', async () => {
  rotateTo(AGENT_TOKEN);
  const client = await KubeClient.open({ kubeconfig: kubeconfigOfPod() });
  const trouble: string[] = [];
  using followed = follow<ApiObject>({
    client,
    path: customPath('tsnpolicies'),
    slim: (object) => object,
    onChange: () => undefined,
    onTrouble: (message) => trouble.push(message),
  });
  const names = () => followed.list().map(({ metadata }) => metadata.name);
  server.put(policy('first'));
  await expect.poll(names, soon).toEqual(['first']);

  const rights = server.tokens.get(AGENT_TOKEN) ?? 'all';
  server.tokens.delete(AGENT_TOKEN);
  server.tokens.set('next', rights);
  rotateTo('next');
  server.cut();
  server.put(policy('second'));
  await expect.poll(() => trouble.length, soon).toBe(1);
  await expect(client.patch(customPath('tsnpolicies', 'first', 'status'), {})).rejects.toMatchObject({
    status: 401,
    hint: 'log in again; in a pod, the token of its service account has expired',
  });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
  await expect.poll(names, soon).toEqual(['first', 'second']);
  expect(await client.patch(customPath('tsnpolicies', 'first', 'status'), {})).toMatchObject({
    metadata: { name: 'first' },
  });
  server.put(policy('third'));
  await expect.poll(names, soon).toEqual(['first', 'second', 'third']);
});
