import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { requires, type TestNamespace, testBpffs, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attachUplink } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import { HookWatch } from './hook-watch.ts';

useLeakCheck();

let open: DisposableStack;
let node: TestNamespace;
let nic: number;
let proxy: MetadataProxy;
let watch: HookWatch;
let log: string[];
let changes: number;
beforeEach((ctx) => {
  requires(ctx, { root: true, kernel: [6, 11] });
  open = new DisposableStack();
  node = open.use(testNamespace());
  const outside = open.use(testNamespace());
  nic = node.add({ kind: 'veth', name: 'nic0', peer: { name: 'eth0', netnsFd: outside.netns.fd } });
  proxy = open.use(new MetadataProxy(node.netns, { bpffs: open.use(testBpffs()).path }));
  proxy.change(attachUplink('nic0', 'mono'));
  [log, changes] = [[], 0];
  watch = open.use(
    new HookWatch({
      node: node.netns,
      pins: proxy.pins,
      uplinks: () => [nic],
      pods: () => [],
      isLooking: () => false,
      onChanged: () => changes++,
      log: (line) => log.push(line),
    }),
  );
});
afterEach(() => open?.dispose());

const soon = { timeout: 20_000, interval: 10 };

it('tells once that the pins cannot be asked for, goes on, and hears again when they can', async () => {
  const [links = ''] = proxy.pins.directories;
  const version = dirname(links);
  const away = join(dirname(version), 'away');
  watch.learn(true);
  renameSync(version, away);
  symlinkSync(version, version); // a loop: whoever follows it is refused
  open.defer(() => rmSync(version, { recursive: true, force: true }));
  watch.pinAgain();
  expect(log).toEqual([expect.stringMatching(/^pins that were removed cannot be put back: .*ELOOP/)]);
  watch.start();
  await expect.poll(() => log, soon).toHaveLength(2);
  expect(log[1]).toMatch(/^the hooks cannot be watched: .*ELOOP/);
  const step = { do: 'detach', role: 'restorer', via: 'tcx', ifindex: nic, name: 'nic0' } as const;
  expect(() => watch.changed([step])).not.toThrow();
  rmSync(version);
  mkdirSync(version); // the tables are not those any more
  await expect.poll(() => changes, soon).toBeGreaterThan(0);
  expect(log).toHaveLength(2);
  rmSync(version, { recursive: true });
  renameSync(away, version);
});
