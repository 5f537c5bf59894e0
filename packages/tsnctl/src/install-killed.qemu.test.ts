import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { useLeakCheck } from '@tsnctl/testkit';
import { expect, it, vi } from 'vitest';
import { systemdStepKinds } from '../../lab/test/chaos/step-kinds.ts';
import { CHECKOUT } from '../test/cli.ts';
import { brokenBundle, bundles } from '../test/systemd/bundles.ts';
import { inMachine } from '../test/systemd/in-machine.ts';
import type { VerbName } from '../test/systemd/verbs.ts';

const PATIENCE_MS = 1_800_000; // emulated, on a machine with other work
vi.setConfig({ testTimeout: PATIENCE_MS });
useLeakCheck();

interface Row {
  readonly command: VerbName;
  readonly do: string;
  readonly when: 'before' | 'after';
  /** What the same command came to. */
  readonly again: string;
}

const FLAGS = ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning'];
/** What Node has compiled here it need not compile there, where that takes long. */
const NODE_COMPILE_CACHE = join(CHECKOUT, 'node_modules/.cache/tsnctl-tests');
const passed = new Set<string>();

it.for<VerbName[]>([
  ['install', 'uninstall'],
  ['repair', 'upgrade'],
])('%s and %s: killed at any step of systemd, the same again brings it to its end', async (...[names]) => {
  const scripts = ['kill-at-steps.ts', 'killed-verb.ts'].map((name) =>
    join(CHECKOUT, 'packages/tsnctl/test/systemd', name),
  );
  const [script = '', killed = ''] = scripts;
  spawnSync(process.execPath, [...FLAGS, killed], { input: '', env: { ...process.env, NODE_COMPILE_CACHE } });
  const [first, second] = bundles();
  const said = await inMachine(
    [
      process.execPath,
      ...FLAGS,
      script,
      first,
      second,
      brokenBundle(first),
      names.join(),
      systemdStepKinds.join(),
    ],
    { limitMs: PATIENCE_MS - 20_000, environment: { NODE_COMPILE_CACHE } },
  );
  const rows = said.map((line): Row => JSON.parse(line));
  for (const { command, when, ...row } of rows) passed.add(`${row.do} ${when}`).add(command);
  expect(rows.filter(({ again }) => again !== 'well')).toEqual([]);
});

it('every step of systemd was killed at, before and after', () => {
  const moments = systemdStepKinds.flatMap((kind) => [`${kind} before`, `${kind} after`]);
  expect([...passed].sort()).toEqual(['install', 'repair', 'uninstall', 'upgrade', ...moments].sort());
});
