import { afterEach, describe, expect, it } from 'vitest';
import { pod } from '../../test/cluster.ts';
import { useTestCluster } from '../../test/test-cluster.ts';
import type { ApiObject } from '../client/kube-client.ts';
import { customPath } from '../client/paths.ts';

// Lists and watches, of the API server in this process, or a real one: npm run test:cluster, with KUBECONFIG.

const cluster = useTestCluster();
const soon = { timeout: 30_000, interval: 20 };
const nameOf = ({ metadata }: ApiObject) => metadata.name;
const policyOf = (name: string, spec: object = {}, labels: object = {}) => {
  const { metadata, ...rest } = cluster().policy(name, spec) as { metadata: object };
  return { ...rest, metadata: { ...metadata, labels: { ...labels, line: cluster().suffix } } };
};
const mine = () => ({ labelSelector: `line=${cluster().suffix}` });

describe('a list', () => {
  const list = (query: Record<string, string>) =>
    cluster().client.request<{ items: ApiObject[]; metadata: { continue?: string } }>(
      'GET',
      customPath('tsnpolicies'),
      { query: { ...mine(), ...query } },
    );

  it('comes page by page, each once', async () => {
    for (const name of ['a', 'b', 'c']) await cluster().put(policyOf(name));
    const first = await list({ limit: '2' });
    expect(first.items).toHaveLength(2);
    expect(first.metadata.continue).toBeTruthy();
    const whole = await cluster().client.list<ApiObject>(customPath('tsnpolicies'), {
      ...mine(),
      limit: '2',
    });
    expect(whole.items.map(nameOf)).toEqual(['a', 'b', 'c'].map((it) => cluster().named(it)));
    await expect(list({ continue: 'abc' })).rejects.toMatchObject({ status: 400 });
  });

  it('of a moment ago comes whole, whatever its limit', async () => {
    for (const name of ['a', 'b']) await cluster().put(policyOf(name));
    await expect
      .poll(async () => (await list({ limit: '1', resourceVersion: '0' })).items.map(nameOf), soon)
      .toEqual(['a', 'b'].map((it) => cluster().named(it)));
  });

  it('has what its selectors select', async () => {
    await cluster().put(policyOf('a', {}, { app: 'camera', site: 'north' }));
    await cluster().put(policyOf('b', {}, { app: 'drive' }));
    const names = async (query: Record<string, string>) => (await list(query)).items.map(nameOf);
    const [a, b] = ['a', 'b'].map((it) => cluster().named(it));
    const line = mine().labelSelector;
    expect(await names({ labelSelector: `${line},app=camera` })).toEqual([a]);
    expect(await names({ labelSelector: `${line},app!=camera` })).toEqual([b]);
    expect(await names({ labelSelector: `${line},site` })).toEqual([a]);
    expect(await names({ labelSelector: `${line},!site` })).toEqual([b]);
    expect(await names({ labelSelector: `${line},app in (drive, camera),site notin (north)` })).toEqual([b]);
    expect(await names({ fieldSelector: `metadata.name=${b}` })).toEqual([b]);
    await expect(list({ fieldSelector: 'spec.clamp=true' })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('field label not supported: spec.clamp'),
    });
  });
});

describe('a watch', () => {
  const aborts: AbortController[] = [];
  afterEach(() => {
    for (const it of aborts.splice(0)) it.abort();
  });

  interface Seen {
    readonly type: string;
    readonly object: ApiObject & { readonly code?: number; readonly message?: string };
  }

  async function watch(path: string, query: Record<string, string | number | boolean>) {
    const { client } = cluster();
    const seen: Seen[] = [];
    const state = { seen, ended: false };
    const controller = await new client.library.Watch(client.config).watch(
      path,
      query,
      (type, object) => void seen.push({ type, object }),
      () => {
        state.ended = true;
      },
    );
    aborts.push(controller);
    return state;
  }
  const told = ({ seen }: { seen: readonly Seen[] }) =>
    seen.filter(({ type }) => type !== 'BOOKMARK').map(({ type, object }) => `${type} ${nameOf(object)}`);

  it('tells what happens after a version, and of who comes under its selector and leaves it', async () => {
    const { client } = cluster();
    await cluster().put(policyOf('a', {}, { app: 'camera' }));
    const { metadata } = await client.list(customPath('tsnpolicies'), mine());
    await cluster().put(policyOf('b', {}, { app: 'camera' }));
    const labelSelector = `${mine().labelSelector},app=camera`;
    const since = { labelSelector, resourceVersion: metadata.resourceVersion ?? '' };
    const watched = await watch(customPath('tsnpolicies'), since);
    const [a, b, c] = ['a', 'b', 'c'].map((it) => cluster().named(it));
    await expect.poll(() => told(watched), soon).toEqual([`ADDED ${b}`]);
    const relabel = (name = '', app: string | null = null) =>
      client.patch(customPath('tsnpolicies', name), { metadata: { labels: { app } } });
    await relabel(b, 'drive');
    await cluster().put(policyOf('c', {}, { app: 'drive' }));
    await client.patch(customPath('tsnpolicies', a), { spec: { clamp: true } });
    await relabel(c, 'camera');
    await client.request('DELETE', customPath('tsnpolicies', c));
    await expect
      .poll(() => told(watched), soon)
      .toEqual([`ADDED ${b}`, `DELETED ${b}`, `MODIFIED ${a}`, `ADDED ${c}`, `DELETED ${c}`]);
    const versions = watched.seen.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((x, y) => x - y));
  });

  it('without a version begins with what is there', async () => {
    for (const name of ['a', 'b']) await cluster().put(policyOf(name));
    await cluster().client.patch(customPath('tsnpolicies', cluster().named('a')), { spec: { clamp: true } });
    const watched = await watch(customPath('tsnpolicies'), mine());
    await expect
      .poll(() => told(watched).toSorted(), soon)
      .toEqual(['a', 'b'].map((it) => `ADDED ${cluster().named(it)}`));
  });

  it('of the pods of one node tells of those alone', async () => {
    const { client, node, plant } = cluster();
    const { metadata } = await client.list('/api/v1/pods', { fieldSelector: `spec.nodeName=${node}` });
    const since = { fieldSelector: `spec.nodeName=${node}`, resourceVersion: metadata.resourceVersion ?? '' };
    const watched = await watch('/api/v1/pods', since);
    await cluster().put(pod('elsewhere', { namespace: plant, node: `${node}-2` }));
    await cluster().put(pod('here', { namespace: plant, node }));
    await expect.poll(() => told(watched), soon).toEqual(['ADDED here']);
  });

  it('from before what the server remembers is answered by 410', async () => {
    const watched = await watch(customPath('tsnpolicies'), { resourceVersion: '1' });
    await expect.poll(() => watched.ended, soon).toBe(true);
    expect(watched.seen).toMatchObject([
      {
        type: 'ERROR',
        object: { code: 410, message: expect.stringContaining('too old resource version: 1 (') },
      },
    ]);
  });

  it('ends when its time is over, after a bookmark with a version to go on from', async () => {
    const { metadata } = await cluster().client.list(customPath('tsnpolicies'), mine());
    const { resourceVersion = '' } = metadata;
    const others = { labelSelector: `line=another-${cluster().suffix}` };
    const query = { ...others, resourceVersion, allowWatchBookmarks: true, timeoutSeconds: 5 };
    const watched = await watch(customPath('tsnpolicies'), query);
    await cluster().put(policyOf('a')); // without anything newer there is nothing to say
    await expect.poll(() => watched.ended, soon).toBe(true);
    const bookmarks = watched.seen.filter(({ type }) => type === 'BOOKMARK');
    expect(bookmarks.length).toBeGreaterThan(0);
    for (const { object } of bookmarks) {
      expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(Number(resourceVersion));
      expect(object).toMatchObject({ kind: 'TsnPolicy', apiVersion: 'tsnctl.dev/v1alpha1' });
    }
    expect(told(watched)).toEqual([]);
  });
});
