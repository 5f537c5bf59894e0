import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lock } from '@tsnctl/linux';
import { requires, type TestNamespace, testBpffs, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { queryTcx } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attachUplink, detachUplink } from '../intent.ts';
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
let back: string[];
beforeEach((ctx) => {
  requires(ctx, { root: true, kernel: [6, 11] });
  open = new DisposableStack();
  node = open.use(testNamespace());
  const outside = open.use(testNamespace());
  nic = node.add({ kind: 'veth', name: 'nic0', peer: { name: 'eth0', netnsFd: outside.netns.fd } });
  proxy = open.use(new MetadataProxy(node.netns, { bpffs: open.use(testBpffs()).path }));
  proxy.change(attachUplink('nic0', 'mono'));
  [log, changes, back] = [[], 0, []];
  watch = open.use(
    new HookWatch({
      node: node.netns,
      pins: proxy.pins,
      uplinks: () => [nic],
      pods: () => [],
      isLooking: () => false,
      onChanged: () => changes++,
      onPinnedAgain: (paths) => back.push(...paths),
      log: (line) => log.push(line),
    }),
  );
});
afterEach(() => open?.dispose());

const soon = { timeout: 20_000, interval: 10 };

const linksOn = () => queryTcx({ ifindex: nic, direction: 'egress', netns: node.netns });

it('puts back a pin that goes between a look and its end, and lets go of no program', () => {
  const pin = proxy.pins.link(nic, 'egress');
  const before = linksOn();
  watch.learn(true);
  rmSync(pin);
  watch.learn(true);
  expect([linksOn(), existsSync(pin), back]).toEqual([before, true, [pin]]);
});

it('lets go of nothing that it cannot put back: another process is changing the node', async () => {
  const pin = proxy.pins.link(nic, 'egress');
  const before = linksOn();
  watch.learn(true);
  {
    using _ = lock(proxy.pins.root);
    rmSync(pin);
    watch.learn(true);
    expect([linksOn(), existsSync(pin)]).toEqual([before, false]);
  }
  await expect.poll(() => existsSync(pin), soon).toBe(true);
  expect([linksOn(), log]).toEqual([before, []]);
});

it('lets go of what was detached', () => {
  const pin = proxy.pins.link(nic, 'egress');
  watch.learn(true);
  proxy.change(detachUplink('nic0'));
  watch.learn(true);
  expect([linksOn(), existsSync(pin), back]).toEqual([[], false, []]);
});

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
