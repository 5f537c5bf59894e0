import { NetNs } from '@tsnctl/linux';
import { expect, it } from 'vitest';
import { NODE, nic } from '../../test/cluster.ts';
import { useCluster } from '../../test/use-cluster.ts';
import { ClusterInterfaces } from './cluster-interfaces.ts';

const soon = { timeout: 20_000, interval: 10 };
const cluster = useCluster();

it('where interfaces cannot be looked at, that is said once, and tried again', async () => {
  const netns = NetNs.current();
  netns[Symbol.dispose](); // as good as any other reason
  const interfaces = cluster.stack.use(
    new ClusterInterfaces({
      client: cluster.client,
      node: NODE,
      netns,
      tuneState: '/nonexistent',
      log: cluster.say,
      onStates: () => undefined,
      onLooked: () => undefined,
      onUplinks: () => undefined,
    }),
  );
  const said = ['looking at the interfaces failed: this file descriptor is closed'];
  await expect.poll(() => cluster.log, soon).toEqual(said);
  cluster.server.put(nic('line'));
  await expect.poll(() => interfaces.isSynced, soon).toBe(true);
  interfaces.reconcile();
  expect(cluster.log).toEqual(said);
  expect(interfaces.states).toEqual([]);
});
