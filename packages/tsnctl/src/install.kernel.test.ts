import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { attachUplink } from '@tsnctl/proxy';
import { useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tableShape } from '../../proxy/src/objects.ts';
import { FileNode } from '../../proxy/test/install-node.ts';
import { captureRun } from '../test/capture-run.ts';
import { arrayMap } from '../test/foreign.ts';
import { requireMachine } from '../test/requirements.ts';
import { NodeStage } from '../test/stage.ts';

useLeakCheck();

let stage: NodeStage;
let node: FileNode;
beforeEach((ctx) => {
  requireMachine(ctx);
  stage = NodeStage.create();
  node = new FileNode();
  node.write('/node', '#!/bin/sh\necho v24.1.0\n', 0o755);
});
afterEach(async () => {
  node?.[Symbol.dispose]();
  await stage?.[Symbol.asyncDispose]();
});

/** `tsnctl VERB` on files, with the namespace and the pins of the stage's node. */
async function tsnctl(verb: string, ...args: string[]) {
  const places = ['--root', node.root, '--netns', stage.node.name, '--bpffs', stage.lab.bpffs];
  const bundle = [
    '--bundle',
    join(node.directory, verb === 'upgrade' ? '1.1.0' : '1.0.0'),
    '--node',
    '/node',
  ];
  return await captureRun([
    verb,
    ...places,
    ...(verb === 'install' || verb === 'upgrade' ? bundle : []),
    ...args,
  ]);
}

it('tells what is attached and what is not, and takes it off with the node', async () => {
  const before = node.snapshot();
  expect(await tsnctl('install')).toMatchObject({ code: 0 });
  expect(node.read('/etc/tsnctl/config.yaml')).toContain(`netns: "${stage.node.name}"\n`);
  stage.proxy.change(attachUplink('nic0'));
  const { stdout } = await tsnctl('status', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({
    uplinks: [{ name: 'nic0', clock: 'none' }],
    pods: { carried: 0, stripped: 3 },
    drift: [],
    unseen: [],
  });
  rmSync(stage.proxy.pins.link(stage.node.index('pod1'), 'ingress'));
  // The kernel takes a moment to let the link go.
  await expect
    .poll(async () => (await tsnctl('status')).stdout)
    .toContain('drift      1\n    to do: attach strip to pod1 ingress, first in order\n');
  // The configuration names namespace and pins: they need not be named again.
  const plain = await captureRun(['status', '--root', node.root, '-o', 'json']);
  expect(JSON.parse(plain.stdout)).toMatchObject({ uplinks: [{ name: 'nic0' }] });
  const gone = await captureRun(['uninstall', '--root', node.root]);
  expect(gone.stdout).toContain(' detach all programs, and remove their tables\n');
  expect(stage.proxy.observe()).toMatchObject({ attachments: [], tables: false });
  expect(node.snapshot()).toEqual(before);
});

it('refuses an upgrade over tables of another layout, before the first step', async () => {
  await tsnctl('install');
  stage.proxy.pins.create();
  for (const name of ['pods', 'pod_counters', 'uplinks', 'uplink_counters'] as const) {
    using map = arrayMap(tableShape(name).kernelName, { valueSize: 8, entries: 16 });
    map.pin(stage.proxy.pins.table(name));
  }
  const before = node.snapshot();
  const { code, stdout, stderr } = await tsnctl('upgrade');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^tsnctl: \S+-pods is a map with 16 values of 8 bytes, not \d+ of \d+\. Try: tables of another layout go with the version that made them: its tsnctl uninstall, then tsnctl install\n$/,
  );
  expect(node.snapshot()).toEqual(before);
  expect((await tsnctl('status')).stdout).toMatch(
    /not seen {3}the data plane: \S+-pods is a map with 16 values/,
  );
});

it('looks at the node before the first step', async () => {
  const before = node.snapshot();
  rmSync(join(node.root, 'etc/cni'), { recursive: true });
  const { code, stdout, stderr } = await tsnctl('install', '--bpffs', '/tmp');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(
    [
      'tsnctl: no BPF file system is mounted at /tmp, so nothing can be pinned. Try: mount -t bpf bpf /tmp',
      "tsnctl: there is no directory /etc/cni/net.d. Try: --conf-dir DIR, as the runtime's configuration has it; --chain never leaves the runtime alone\n",
    ].join('\n'),
  );
  const after = node.snapshot();
  expect(Object.keys(before).filter((path) => !path.startsWith('etc/cni'))).toEqual(Object.keys(after));
});
