import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Apt, aptFor, type Package } from './apt.ts';
import { cacheDirectory } from './cache.ts';
import { holdLock } from './hold-lock.ts';
import type { Kernel } from './kernels.ts';
import { runProgram } from './run-program.ts';
import { VmError } from './vm-error.ts';

/** A kernel on disk, ready to boot. */
export interface KernelImage {
  /** What uname -r says in it. */
  readonly release: string;
  /** The version of Debian's package. */
  readonly version: string;
  readonly vmlinuz: string;
  /** What is /lib/modules/RELEASE in it, with modules.dep. */
  readonly modules: string;
}

/** Apt is asked for something newer after this long. */
const FRESH_MS = 24 * 3600 * 1000;

interface Found {
  readonly packages: readonly Package[];
  readonly checkedAtMs: number;
}

/** From the cache, or from Debian by apt. Without a network, what the cache has is good enough, and `say` says so. */
export async function kernelImage(
  kernel: Kernel,
  { refresh = false, say }: { refresh?: boolean; say: (line: string) => void },
): Promise<KernelImage> {
  refuseOtherArchitectures();
  using _ = await holdLock(cacheDirectory()); // Two runs would fetch into the same place.
  const note = join(cacheDirectory('kernels'), `${kernel.name}.json`);
  const known = readNote(note);
  const isFresh = known !== undefined && Date.now() - known.checkedAtMs < FRESH_MS;
  if (known && isFresh && !refresh && existsSync(directoryOf(known.packages))) return imageIn(known.packages);
  try {
    const packages = fetchNewest(kernel, say);
    writeFileSync(note, JSON.stringify({ packages, checkedAtMs: Date.now() } satisfies Found));
    return imageIn(packages);
  } catch (error) {
    if (!(error instanceof VmError)) throw error;
    if (!known || !existsSync(directoryOf(known.packages))) throw cannotFetch(kernel, error);
    say(`${kernel.name}: nothing newer can be fetched (${firstLine(error.message)}); the cached one is used`);
    return imageIn(known.packages);
  }
}

function fetchNewest(kernel: Kernel, say: (line: string) => void): Package[] {
  const apt = aptFor(kernel.suites);
  apt.update();
  const packages = apt.resolve(kernel.package);
  const directory = directoryOf(packages);
  if (!existsSync(directory)) {
    say(`${kernel.name}: fetching ${packages.map((each) => each.name).join(', ')} ${packages[0]?.version}`);
    unpack(apt, packages, directory);
  }
  return packages;
}

/** Made under another name first: what is there under its own is complete. */
function unpack(apt: Apt, packages: readonly Package[], directory: string): void {
  const making = mkdtempSync(join(cacheDirectory('kernels'), 'making-'));
  try {
    const debs = join(making, 'debs');
    mkdirSync(debs);
    apt.download(packages, debs);
    for (const deb of readdirSync(debs)) runProgram('dpkg-deb', ['-x', join(debs, deb), making]);
    if (!existsSync(join(making, 'lib'))) symlinkSync('usr/lib', join(making, 'lib'));
    for (const release of readdirSync(join(making, 'lib/modules')))
      runProgram('depmod', ['-b', making, release]);
    renameSync(making, directory);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    throw error;
  }
}

function imageIn(packages: readonly Package[]): KernelImage {
  const directory = directoryOf(packages);
  const [release] = readdirSync(join(directory, 'lib/modules'));
  if (release === undefined) throw new VmError(`${directory} has no modules`, { hint: `rm -r ${directory}` });
  const modules = join(directory, 'lib/modules', release);
  const vmlinuz = [join(directory, 'boot', `vmlinuz-${release}`), join(modules, 'vmlinuz')].find((file) =>
    existsSync(file),
  );
  if (vmlinuz === undefined) throw new VmError(`${directory} has no kernel`, { hint: `rm -r ${directory}` });
  return { release, version: packages[0]?.version ?? '', vmlinuz, modules };
}

function directoryOf(packages: readonly Package[]): string {
  const [metapackage] = packages;
  return join(cacheDirectory('kernels'), `${metapackage?.name}_${metapackage?.version}`);
}

function readNote(file: string): Found | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Found) : undefined;
}

function cannotFetch(kernel: Kernel, cause: VmError): VmError {
  return new VmError(
    `kernel ${kernel.name} (${kernel.package} of ${kernel.suites.join(', ')}) is not in the cache and cannot be fetched: ${cause.message}`,
    { hint: cause.hint ?? 'again with a network that reaches the mirror of /etc/apt', cause },
  );
}

function refuseOtherArchitectures(): void {
  if (process.arch === 'x64') return;
  throw new VmError(`the virtual machines are made for amd64; this machine is ${process.arch}`, {
    hint: 'an amd64 machine; all other tests run here',
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
