import { existsSync, rmSync } from 'node:fs';
import { openFds } from '@tsnctl/linux';
import { requires, type TestNamespace, testBpffs, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { BpfLink } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attachUplink } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import { HeldLinks } from './held-links.ts';

useLeakCheck();

let open: DisposableStack;
let ns: TestNamespace;
let proxy: MetadataProxy;
let links: Record<'nic0' | 'pod0', string>;
beforeEach((ctx) => {
  requires(ctx, { root: true, kernel: [6, 11] });
  open = new DisposableStack();
  ns = open.use(testNamespace());
  const pod = open.use(testNamespace());
  const outside = open.use(testNamespace());
  const nic0 = ns.add({ kind: 'veth', name: 'nic0', peer: { name: 'eth0', netnsFd: outside.netns.fd } });
  const pod0 = ns.add({ kind: 'veth', name: 'pod0', peer: { name: 'eth0', netnsFd: pod.netns.fd } });
  proxy = open.use(new MetadataProxy(ns.netns, { bpffs: open.use(testBpffs()).path }));
  proxy.change(attachUplink('nic0', 'mono'));
  links = { nic0: proxy.pins.link(nic0, 'egress'), pod0: proxy.pins.link(pod0, 'ingress') };
});
afterEach(() => open?.dispose());

it('holds each pinned link by one descriptor, and lets go of all', () => {
  const before = openFds().length;
  {
    using held = new HeldLinks(proxy.pins);
    held.hold();
    held.hold();
    expect([held.size, openFds().length - before]).toEqual([2, 2]);
  }
  expect(openFds()).toHaveLength(before);
});

it('pins again what somebody has removed, and not what somebody has detached', () => {
  using held = new HeldLinks(proxy.pins);
  held.hold();
  {
    using link = BpfLink.pinned(links.pod0);
    link.detach();
  }
  for (const path of Object.values(links)) rmSync(path);
  expect(held.pinAgain()).toEqual([links.nic0]);
  expect([existsSync(links.nic0), existsSync(links.pod0), held.size]).toEqual([true, false, 1]);
  expect(held.pinAgain()).toEqual([]);
});

it('leaves descriptors for other work, and holds uplinks first', () => {
  using held = new HeldLinks(proxy.pins, 1);
  held.hold();
  expect(held.size).toBe(1);
  rmSync(links.pod0);
  rmSync(links.nic0);
  expect(held.pinAgain()).toEqual([links.nic0]);
});

it('says where something else is in the place of a pin', () => {
  using held = new HeldLinks(proxy.pins);
  held.hold();
  expect(held.replaced).toBe(false);
  using link = BpfLink.pinned(links.pod0);
  rmSync(links.pod0);
  link.pin(links.pod0); // another file
  expect(held.replaced).toBe(true);
  held.hold();
  expect(held.replaced).toBe(false);
});
