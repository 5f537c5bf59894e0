import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useLeakCheck } from '@tsnctl/testkit';
import { expect, it, vi } from 'vitest';
import { CHECKOUT } from '../test/cli.ts';
import { bundles } from '../test/systemd/bundles.ts';
import { inMachine } from '../test/systemd/in-machine.ts';

const PATIENCE_MS = 900_000;
vi.setConfig({ testTimeout: PATIENCE_MS });
useLeakCheck();

/** CAP_CHOWN 0, DAC_OVERRIDE 1, NET_ADMIN 12, SYS_PTRACE 19, SYS_ADMIN 21 */
const CAPABILITIES = [0, 1, 12, 19, 21].reduce((set, bit) => set | (1n << BigInt(bit)), 0n);

it('lives under systemd: installed, ready, killed, upgraded, and gone without a trace', async () => {
  const [first, second] = bundles('--with-node');
  const script = join(CHECKOUT, 'packages/tsnctl/test/systemd/life.sh');
  const said = await inMachine(['sh', script, first, second], { limitMs: PATIENCE_MS - 20_000 });
  const version = JSON.parse(readFileSync(join(first, 'package.json'), 'utf8')).version;
  expect(said).toEqual([
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
