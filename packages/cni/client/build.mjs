// Builds the plugin's binary for x86-64 and arm64: into client/dist, or into the folder that --out names.
// --arch takes one of them alone, --socket another path of the agent.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { missingSystemPackages, setup } from '../../../tools/setup.mjs';

const source = fileURLToPath(new URL('.', import.meta.url));
const triplets = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const flags = [
  ...['-std=gnu11', '-Os', '-Wall', '-Wextra', '-Werror'],
  ...['-ffreestanding', '-nostdlib', '-static', '-fno-pic', '-no-pie', '-fno-stack-protector'],
  ...['-fno-asynchronous-unwind-tables', '-fno-tree-loop-distribute-patterns', '-fno-ident', '-s'],
  '-Wl,--build-id=none,-z,noexecstack,-z,norelro',
];

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(source, 'dist') },
    arch: { type: 'string', multiple: true },
    socket: { type: 'string' },
  },
});
if (values.socket) flags.push(`-DAGENT_SOCKET="${values.socket}"`);
if (missingSystemPackages(['client']).length > 0) setup(['client']);
mkdirSync(values.out, { recursive: true });
process.exitCode = (values.arch ?? Object.keys(triplets)).every(build) ? 0 : 1;

function build(arch) {
  const compiler = arch === process.arch ? 'gcc' : `${triplets[arch]}-gcc`;
  const output = join(values.out, `tsnctl-${arch}`);
  const { status, error } = spawnSync(compiler, [...flags, join(source, 'tsnctl-cni.c'), '-o', output], {
    stdio: 'inherit',
  });
  if (error) console.error(`${compiler}: ${error.message}`);
  return status === 0;
}
