import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetNs } from '@tsnctl/linux';
import { Tuner, tuneContext, tuningOf } from '@tsnctl/proxy';
import { readSchedule } from '@tsnctl/schedule';
import { requires, type TestNamespace, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { captureRun } from '../test/capture-run.ts';

let home: TestNamespace;
let folder: string;

useLeakCheck();
beforeEach((ctx) => {
  requires(ctx, { root: true });
  home = testNamespace();
  home.add({ kind: 'veth', name: 'nic0', numTxQueues: 2, numRxQueues: 2, peer: { name: 'wire0' } });
  folder = mkdtempSync(join(tmpdir(), 'tsnctl-tune-'));
});
afterEach(() => {
  home?.[Symbol.dispose]();
  if (folder) rmSync(folder, { recursive: true });
});

const tune = (words: string) => tuneAny(`${words} --dev nic0`);

const tuneAny = (words: string) =>
  captureRun(['tune', ...words.split(' '), '--netns', home.name, '--state', join(folder, 'state')]);

it('tunes, shows, does nothing the second time, and brings back what was there', async () => {
  expect(await tune('--qdisc mq --dry-run')).toEqual({
    code: 0,
    stderr: '',
    stdout: `this interrupts traffic:
    nic0: drops outgoing packets for about 1 ms, with all that waits in its queues
1 step would be taken:
 1. put mq at the root of nic0
      tc qdisc replace dev nic0 root handle 100: mq
`,
  });
  expect(await tune('--qdisc mq')).toEqual({
    code: 0,
    stderr:
      'this interrupts traffic:\n    nic0: drops outgoing packets for about 1 ms, with all that waits in its queues\n',
    stdout: '1 step done:\n 1. put mq at the root of nic0\n',
  });
  expect((await tune('--qdisc mq')).stdout).toBe('nothing to do: nic0 is as wanted\n');
  expect((await tune('show')).stdout).toBe(`nic0: mq

2 of 2 TX queues, link 10Gbit
tsnctl tune --undo --dev nic0 brings back what was there before
`);
  expect(JSON.parse((await tune('show -o json')).stdout)).toMatchObject({
    dev: 'nic0',
    tuned: true,
    txQueues: 2,
    linkSpeed: '10000000000',
    schedule: { qdisc: 'mq' },
  });
  expect((await tune('--undo')).stdout).toBe('1 step done:\n 1. remove the mq of nic0\n');
  expect((await tune('show')).stdout).toContain('nic0: noqueue\n');
  expect(readdirSync(join(folder, 'state'))).toEqual([]);
  expect(await tune('--undo')).toMatchObject({
    code: 1,
    stderr:
      "tsnctl: nothing is remembered of nic0: tsnctl has not changed its queues since the machine started. Try: tc qdisc del dev nic0 root, for the kernel's default\n",
  });
});

it('says for whom an interface is tuned, and that the agent puts it back', async () => {
  using netns = NetNs.open(home.name);
  const tuner = new Tuner(netns, 'nic0', { state: join(folder, 'state'), owner: 'TsnInterface line' });
  const { schedule } = readSchedule('qdisc: mq', { file: 'the test' });
  tuner.change((nic) => tuningOf({ ...schedule, dev: 'nic0' }, tuneContext(nic)));
  expect((await tune('show')).stdout).toContain(
    '\ntuned by TsnInterface line: when that goes, what was there before comes back\n',
  );
  expect(JSON.parse((await tune('show -o json')).stdout)).toMatchObject({ owner: 'TsnInterface line' });
  const warning =
    'warning: nic0 is tuned by TsnInterface line: the agent puts it back within 30 s. Try: kubectl edit tsninterface line\n';
  expect((await tune('--qdisc pfifo --dry-run')).stderr).toBe(warning);
  expect(await tune('--undo')).toMatchObject({ code: 0, stderr: expect.stringContaining(warning) });
});

it('does not apply what would not work here', async () => {
  const file = join(folder, 's.yaml');
  writeFileSync(file, 'classes: [{name: a}, {name: b, priorities: 1}, {name: c, priorities: 2}]\n');
  expect(await tune(`-f ${file}`)).toMatchObject({
    code: 3,
    stdout: '',
    stderr: `${file}:1:48: error MORE_CLASSES_THAN_QUEUES: classes.2: nic0 has 2 TX queues; this schedule needs 3. Try: no more than 2 for all classes together; or another NIC; or qdisc: prio, which needs one
tsnctl: ${file}: 1 error, told above; nic0 is as before. Try: mend them, or --force to apply it all the same
`,
  });
  expect(await tune(`check ${file}`)).toMatchObject({ code: 3, stderr: '' });
});

it('says a finding of the flag that was typed', async () => {
  const flags = '--class a=0-4 --class b=5 --gate a=1ms --gate a=2ms';
  expect(await tune(`${flags} --link-speed 1Gbit --dry-run`)).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(
      /^error CLASS_NEVER_OPEN: --class b=5: .* such as the longest: --gate a=2ms\n(.*\n)*tsnctl: the command line: 1 error, told above; /,
    ),
  });
});

it('says which interfaces there are', async () => {
  expect(await tuneAny('--qdisc fq --dev nic9')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('tsnctl: there is no interface nic9 in this namespace. Try: one of lo, '),
  });
});
