import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requires, type TestNamespace, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CniHandlerOptions, cniHandlers } from './handlers.ts';
import { Records } from './records.ts';

useLeakCheck();

let open: DisposableStack;
let node: TestNamespace;
let pod: TestNamespace;
let state: string;
let records: Records;
let lines: string[];
beforeEach((ctx) => {
  requires(ctx, { root: true });
  open = new DisposableStack();
  node = open.use(testNamespace());
  pod = open.use(testNamespace());
  state = mkdtempSync(join(tmpdir(), 'tsnctl-handlers-'));
  open.defer(() => rmSync(state, { recursive: true, force: true }));
  records = new Records(join(state, 'attachments'));
  records.prepare();
  lines = [];
});
afterEach(() => open?.dispose());

/** An ADD during which `meanwhile` happens, and which is refused for what that throws. */
async function add(meanwhile: () => void = () => {}): Promise<unknown> {
  const { add: handle } = cniHandlers({
    node: node.netns,
    records,
    mode: 'host',
    log: (line: string) => lines.push(line),
    effective(record) {
      meanwhile();
      return record;
    },
  } as Partial<CniHandlerOptions> as CniHandlerOptions);
  const request = {
    containerId: 'c0ffee',
    ifname: 'lo',
    netns: `/proc/${process.pid}/fd/${pod.netns.fd}`,
    name: 'pods',
    args: new Map([
      ['K8S_POD_NAMESPACE', 'plant'],
      ['K8S_POD_NAME', 'camera'],
    ]),
    config: {},
    runtimeConfig: {},
    prevResult: { cniVersion: '1.1.0' },
  };
  return await handle(request as unknown as Parameters<typeof handle>[0]);
}

const refused = () => {
  throw new Error('the node is in the way');
};

it('an ADD that is refused leaves the record of the one before it', async () => {
  await expect(add(refused)).rejects.toThrow('plant/camera lo: the node is in the way');
  expect(records.list()).toEqual([]);
  await add();
  const before = records.list();
  expect(before).toHaveLength(1);
  await expect(add(refused)).rejects.toThrow('plant/camera lo: the node is in the way');
  expect(records.list()).toEqual(before);
});

it('but not where a DEL has removed that meanwhile', async () => {
  await add();
  const during = () => {
    records.remove({ containerId: 'c0ffee', ifname: 'lo' });
    refused();
  };
  await expect(add(during)).rejects.toThrow('the node is in the way');
  expect(records.list()).toEqual([]);
});

it('says why an ADD is refused also where its record cannot be taken back', async () => {
  const away = join(state, 'away');
  const during = () => {
    renameSync(records.directory, away);
    symlinkSync(records.directory, records.directory); // whoever follows it is refused
    refused();
  };
  await expect(add(during)).rejects.toThrow('plant/camera lo: the node is in the way');
  expect(lines).toEqual([
    expect.stringMatching(/^ADD plant\/camera lo: its record stays until its interface is gone: .*ELOOP/),
  ]);
});
