import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useLeakCheck } from '@tsnctl/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { boot } from '../../testkit/src/vm/boot.ts';
import { guestEnvironment } from '../../testkit/src/vm/guest-environment.ts';
import { kernelImage } from '../../testkit/src/vm/kernel-image.ts';
import { kernelNamed } from '../../testkit/src/vm/kernels.ts';
import { CHECKOUT } from '../test/cli.ts';

const PATIENCE_MS = 480_000;
vi.setConfig({ testTimeout: PATIENCE_MS });
useLeakCheck();

/** CAP_CHOWN 0, DAC_OVERRIDE 1, NET_ADMIN 12, SYS_PTRACE 19, SYS_ADMIN 21 */
const CAPABILITIES = [0, 1, 12, 19, 21].reduce((set, bit) => set | (1n << BigInt(bit)), 0n);

it('lives under systemd: installed, ready, killed, upgraded, and gone without a trace', async () => {
  const [first, second] = bundles();
  const image = await kernelImage(kernelNamed('6.12'), { say: () => undefined });
  let stdout = '';
  let stderr = '';
  const { outcome, console } = await boot({
    image,
    init: 'systemd',
    limitMs: PATIENCE_MS - 20_000,
    command: {
      argv: ['sh', join(CHECKOUT, 'packages/tsnctl/test/systemd-node.sh'), first, second],
      directory: '/',
      environment: guestEnvironment({}),
      modules: [],
    },
    output: (stream, data) => {
      if (stream === 'stdout') stdout += data;
      else stderr += data;
    },
  });
  expect(outcome, `${stdout}\n${stderr}\n${console.slice(-2_000)}`).toEqual({ kind: 'exited', code: 0 });
  const version = JSON.parse(readFileSync(join(first, 'package.json'), 'utf8')).version;
  expect(stdout.trimEnd().split('\n')).toEqual([
    'first-process: systemd',
    `installed: installed ${version},agent ready, unit active,`,
    'unit: active enabled',
    'chain: 1',
    `bounds: ${CAPABILITIES.toString(16).padStart(16, '0')}`,
    'no-new-privileges: 1',
    'socket: 600 root',
    'uplinks: 1',
    'stopped: what is attached stays attached',
    'started: well',
    'killed: systemd starts it again',
    'adopted: the same links',
    'upgraded: 2 second',
    'renewed: the same links',
    'removed: inactive 0',
    'files: as before',
    'nothing to do: all is as wanted',
  ]);
});

/** What is built, with Node, and the same under another version. Not in /tmp: systemd empties that as it starts. */
function bundles(): [string, string] {
  const directory = mkdtempSync(join(CHECKOUT, 'packages/tsnctl/dist/systemd-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [first, second] = [join(directory, 'first'), join(directory, 'second')];
  const build = join(CHECKOUT, 'packages/tsnctl/bundle/build.mjs');
  execFileSync(process.execPath, [build, '--out', first, '--with-node']);
  cpSync(first, second, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(second, 'manifest.json'), 'utf8'));
  writeFileSync(
    join(second, 'manifest.json'),
    JSON.stringify({ ...manifest, version: `${manifest.version.split('+')[0]}+second` }),
  );
  return [first, second];
}
