import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parseConfigList, runChain } from '../index.ts';
import { execPlugin } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'tsnctl-exec-'));
afterAll(() => rmSync(folder, { recursive: true }));

const call = { type: 'plugin', path: [folder], env: { CNI_COMMAND: 'ADD' }, stdin: 'x'.repeat(1 << 20) };

it('gives a plugin stdin and the environment, and takes what it says', async () => {
  script('wc -c; echo "$CNI_COMMAND" >&2; exit 3');
  expect(await execPlugin()(call)).toEqual({ exitCode: 3, stdout: `${1 << 20}\n`, stderr: 'ADD\n' });
});

it('does not mind a plugin that reads nothing', async () => {
  script('echo {}');
  expect(await execPlugin()(call)).toMatchObject({ exitCode: 0, stdout: '{}\n' });
});

it('ends one that does not end, and one that does not stop talking', async () => {
  script('exec sleep 60');
  expect(await execPlugin({ timeoutMs: 50 })(call)).toMatchObject({
    exitCode: 128,
    stderr: 'ended by SIGKILL',
  });
  script('exec yes');
  expect(await execPlugin()(call)).toMatchObject({ exitCode: 128, stderr: 'ended by SIGKILL' });
});

it('says why a plugin cannot be run', async () => {
  script('exit 0');
  chmodSync(join(folder, 'plugin'), 0o644);
  await expect(execPlugin()(call)).rejects.toMatchObject({
    cniCode: 5,
    message: `${join(folder, 'plugin')} cannot be run`,
  });
  await expect(execPlugin()({ ...call, type: '../plugin' })).rejects.toMatchObject({ cniCode: 7 });
});

it('runs a chain of programs, each with the result of the one before', async () => {
  script('cat >/dev/null; echo \'{"cniVersion":"1.0.0","interfaces":[{"name":"eth0"}]}\'', 'first');
  script('sed \'s/.*"prevResult"://; s/}$//\'', 'second');
  const list = parseConfigList(
    '{"cniVersion":"1.0.0","name":"pods","plugins":[{"type":"first"},{"type":"second"}]}',
  );
  const chain = runChain(list, { exec: execPlugin(), path: [folder] });
  expect(await chain.add({ containerId: 'a', netns: '/run/netns/a', ifname: 'eth0' })).toEqual({
    cniVersion: '1.0.0',
    interfaces: [{ name: 'eth0' }],
  });
});

function script(body: string, name = 'plugin'): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
}
