import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { run } from './run.ts';

afterEach(() => vi.restoreAllMocks());

it.each([
  ['--uplink =tai', '"=tai" names no uplink'],
  ['--uplink eth1=utc', '"eth1=utc" names no uplink'],
  ['--uplink eth1=tai=tai', '"eth1=tai=tai" names no uplink'],
  ['--http 9410', '"9410" is no address with a port'],
  ['--http 127.0.0.1:99999', '"127.0.0.1:99999" is no address with a port'],
  ['--log-level loud', "option '--log-level <level>' argument 'loud' is invalid"],
  ['--mode both', "option '--mode <mode>' argument 'both' is invalid"],
  ['--grant 3,x', '"3,x" is not a list of priorities: "x"'],
  ['--clean', '--clean is for an agent in a pod of a cluster, and --cluster is missing'],
  ['--grant-horizon 1s', '--grant-horizon limits launch times, which are not granted'],
])('tsnctl agent refuses before anything is done: %s', async (options, message) => {
  let stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  expect(await run(['agent', ...options.split(' ')])).toBe(2);
  expect(stderr).toContain(`tsnctl: ${message}. Try: `);
});

it('tsnctl agent refuses a configuration that is none, naming file, line and key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsnctl-config-'));
  const file = join(folder, 'config.yaml');
  let stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  try {
    writeFileSync(file, 'uplinks: [{name: eth1, clock: utc}]\n', { mode: 0o600 });
    expect(await run(['agent', '--config', file])).toBe(2);
    expect(stderr).toBe(
      `tsnctl: ${file}:1:31: uplinks.0.clock: "utc" is not known here. Try: one of tai, mono, none\n`,
    );
    expect(await run(['agent', '--config', join(folder, 'none.yaml')])).toBe(1);
    expect(stderr).toContain(`tsnctl: the configuration ${folder}/none.yaml cannot be read: ENOENT`);
    chmodSync(file, 0o666);
    expect(await run(['agent', '--config', file])).toBe(1);
    expect(stderr).toContain(
      `tsnctl: others than root can write ${file}. Try: chown root ${file} && chmod go-w`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('tsnctl agent refuses an empty namespace', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await run(['agent', '--netns', ''])).toBe(2);
});
