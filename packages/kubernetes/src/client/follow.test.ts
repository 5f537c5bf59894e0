import { expect, it, vi } from 'vitest';
import { policy } from '../../test/cluster.ts';
import { useCluster } from '../../test/use-cluster.ts';
import { follow } from './follow.ts';
import type { ApiObject } from './kube-client.ts';
import { customPath } from './paths.ts';

const soon = { timeout: 20_000, interval: 10 };
const cluster = useCluster();

it('credentials that cannot be read when a watch begins are read again', async () => {
  const { config } = cluster.client;
  const pass = config.applySecurityAuthentication.bind(config);
  let calls = 0;
  vi.spyOn(config, 'applySecurityAuthentication').mockImplementation(async (context) => {
    if (++calls === 2) throw new Error('ENOENT: no such file or directory, open the token'); // 1: the list
    await pass(context);
  });
  const followed = cluster.stack.use(
    follow<ApiObject>({
      client: cluster.client,
      path: customPath('tsnpolicies'),
      slim: (object) => object,
      onChange: () => undefined,
      onTrouble: cluster.say,
    }),
  );
  await expect
    .poll(() => cluster.log, soon)
    .toEqual([
      '/apis/tsnctl.dev/v1alpha1/tsnpolicies: ENOENT: no such file or directory, open the token; tried again until it answers',
    ]);
  cluster.server.put(policy('first'));
  await expect.poll(() => followed.list().map(({ metadata }) => metadata.name), soon).toEqual(['first']);
});

it('a change that cannot be followed is told, and the next one is followed', async () => {
  const heard: string[][] = [];
  const followed = cluster.stack.use(
    follow<ApiObject>({
      client: cluster.client,
      path: customPath('tsnpolicies'),
      slim: (object) => object,
      onChange() {
        const names = followed.list().map(({ metadata }) => metadata.name);
        if (names.length === 1) throw new Error('no such selector');
        heard.push(names);
      },
      onTrouble: cluster.say,
    }),
  );
  await expect.poll(() => heard, soon).toEqual([[]]);
  cluster.server.put(policy('first'));
  await expect
    .poll(() => cluster.log, soon)
    .toEqual([
      '/apis/tsnctl.dev/v1alpha1/tsnpolicies: what has changed could not be followed: Error: no such selector',
    ]);
  cluster.server.put(policy('second'));
  await expect.poll(() => heard.at(-1), soon).toEqual(['first', 'second']);
});
