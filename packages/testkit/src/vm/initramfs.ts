import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CpioEntry, cpio, directory, file } from './cpio.ts';
import type { KernelImage } from './kernel-image.ts';
import { moduleClosure, parseModules } from './modules.ts';
import { VmError } from './vm-error.ts';

/** What it takes to see the host's files. */
const MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

/** The first file system: busybox, the modules that the root needs, and init.sh, which goes on to the root. */
export function initramfs({ modules }: KernelImage): Buffer {
  const read = (name: string) => readFileSync(join(modules, name), 'utf8');
  const files = moduleClosure(parseModules(read('modules.dep'), read('modules.builtin')), MODULES);
  const names = files.map((_, index) => `/modules/${String(index).padStart(2, '0')}.ko`);
  const entries: CpioEntry[] = [
    ...['bin', 'dev', 'proc', 'modules', 'lower', 'upper', 'root'].map(directory),
    file('bin/busybox', readFileSync('/bin/busybox')),
    file('init', readFileSync(fileURLToPath(new URL('guest/init.sh', import.meta.url)))),
    ...files.map((each, index) => file((names[index] ?? '').slice(1), uncompressed(join(modules, each)))),
  ];
  return cpio(entries);
}

/** busybox hands a module to the kernel as it is. */
function uncompressed(path: string): Buffer {
  const program = { xz: 'xz', zst: 'zstd', gz: 'gzip' }[path.split('.').at(-1) ?? ''];
  if (program === undefined) return readFileSync(path);
  const { status, stdout, stderr, error } = spawnSync(program, ['-dc', path], { maxBuffer: 2 ** 28 });
  if (status === 0) return stdout;
  throw new VmError(`${program} cannot unpack ${path}: ${error?.message ?? stderr.toString()}`);
}
