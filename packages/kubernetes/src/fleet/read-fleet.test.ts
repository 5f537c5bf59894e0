import type { ApiServer } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nic, node, policy, startCluster } from '../../test/cluster.ts';
import { state } from '../../test/fleet.ts';
import { KubeClient } from '../client/kube-client.ts';
import { readFleet, readJudgedFleet } from './read-fleet.ts';
import { readFleetDump } from './read-fleet-dump.ts';

let server: ApiServer;
beforeEach(async () => {
  server = await startCluster();
});
afterEach(async () => await server[Symbol.asyncDispose]());

const open = (token?: string) => KubeClient.open({ kubeconfig: server.kubeconfig(token) });
const names = (objects: readonly { metadata: { name: string } }[]) =>
  objects.map(({ metadata }) => metadata.name);

function manyNodes(count: number): string[] {
  const all = Array.from({ length: count }, (_, at) => `worker-${at}`);
  for (const name of all) server.put(node(name, { zone: `line${all.indexOf(name) % 2}` }));
  return all;
}

describe('it reads', () => {
  it('nodes and states, also more than one page holds', async () => {
    const all = manyNodes(1_200);
    server.put(state('worker-7'));
    const fleet = await readFleet(await open());
    expect(new Set(names(fleet.nodes))).toEqual(new Set(['node-1', 'node-2', ...all]));
    expect(names(fleet.states)).toEqual(['worker-7']);
    const pages = server.served.filter(({ resource }) => resource === 'nodes');
    expect(pages.map(({ url }) => url.includes('continue='))).toEqual([false, true, true]);
  });

  it('those that a selector or a name takes in', async () => {
    manyNodes(4);
    for (const name of ['worker-0', 'worker-1', 'gone']) server.put(state(name));
    const client = await open();
    const byLabel = await readFleet(client, { selector: 'zone=line1' });
    expect(names(byLabel.nodes)).toEqual(['worker-1', 'worker-3']);
    expect(names(byLabel.states)).toEqual(['worker-1']);
    const byName = await readFleet(client, { node: 'worker-0' });
    expect([names(byName.nodes), names(byName.states)]).toEqual([['worker-0'], ['worker-0']]);
  });

  it('what is wanted, with what the schema fills in', async () => {
    server.put(policy('cameras', { launchTime: {} }));
    server.put(nic('line'));
    const { policies, interfaces, isWhole } = await readJudgedFleet(await open());
    expect(policies[0]?.spec.launchTime?.horizon).toBe('10s');
    expect(interfaces[0]?.spec.clock).toBe('auto');
    expect(isWhole).toBe(true);
  });
});

describe('it tries again', () => {
  it('after an answer that says so', async () => {
    server.failing = { times: 2, code: 503 };
    expect(names((await readFleet(await open())).nodes)).toContain('node-1');
  });

  it('from the first page where the server has forgotten where the second one was', async () => {
    manyNodes(600);
    const client = await open();
    const request = client.request.bind(client);
    let isLate = false;
    client.request = (async (...args: Parameters<typeof request>) => {
      if (!isLate && args[2]?.query?.continue !== undefined) {
        isLate = true;
        server.store.compact();
      }
      return await request(...args);
    }) as typeof request;
    expect((await readFleet(client)).nodes).toHaveLength(602);
    expect(server.served.filter(({ status }) => status === 410)).toHaveLength(1);
  });

  it('after a connection that is cut, and reads all though each answer takes long', async () => {
    server.delayMs = 300;
    const reading = readFleet(await open());
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.cut();
    expect(names((await reading).nodes)).toEqual(['node-1', 'node-2']);
  });
});

describe('it says', () => {
  it('which verb is missing on which resource', async () => {
    const rules = [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }];
    server.tokens.set('viewer', { rules });
    await expect(readFleet(await open('viewer'))).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(
        /^you may not list tsnnodestates\.tsnctl\.dev: the verb list is missing\. /,
      ),
      hint: 'a ClusterRole with apiGroups ["tsnctl.dev"], resources ["tsnnodestates"], verbs ["list"], as in docs/fleet.md',
    });
    expect(server.served.filter(({ status }) => status === 403)).toHaveLength(1);
  });

  it('that it is not known', async () => {
    await expect(readFleet(await open('of-yesterday'))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: `${server.url} does not know who you are: Unauthorized`,
    });
  });

  it('that our kinds are not there', async () => {
    server.delete('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'tsnnodestates.tsnctl.dev');
    await expect(readFleet(await open())).rejects.toMatchObject({
      code: 'NOT_INSTALLED',
      message: `${server.url} has no tsnnodestates.tsnctl.dev: tsnctl is not installed in this cluster`,
      hint: 'kubectl apply -f deploy.yaml; or --context NAME for another cluster',
    });
  });

  it('that nobody answers', async () => {
    const client = await open();
    await server.down();
    await expect(readFleet(client)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(
        /^the API server http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/,
      ),
    });
  });

  it.each([
    [{ node: 'node-9' }, 'the cluster has no node node-9'],
    [{ selector: 'zone=line9' }, 'no node has labels zone=line9'],
    [{ node: 'node-1', selector: 'zone=line9' }, 'no node node-1 has labels zone=line9'],
  ])('that %o is no node', async (selection, message) => {
    await expect(readFleet(await open(), selection)).rejects.toMatchObject({ code: 'NO_NODE', message });
  });
});

it('a dump has what may be read, and says what may not', async () => {
  server.put(state('node-1'));
  server.put(node('node-1', { api_token: 'hush' }));
  const rules = [{ apiGroups: ['', 'tsnctl.dev'], resources: ['nodes', 'tsnnodestates'], verbs: ['list'] }];
  server.tokens.set('viewer', { rules });
  const { files, leftOut } = await readFleetDump(await open('viewer'));
  expect(files.map(({ path }) => path)).toEqual(['nodes.json', 'tsnnodestates.json']);
  expect(JSON.parse(files[1]?.text ?? '')).toMatchObject([{ metadata: { name: 'node-1' } }]);
  expect(files[0]?.text).not.toContain('hush');
  expect(leftOut.find(({ path }) => path === 'agents/pods.json')?.why).toContain('you may not list pods');
});
