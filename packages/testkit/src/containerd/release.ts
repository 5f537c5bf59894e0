import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Apt, aptFor, type Package } from '../vm/apt.ts';
import { cacheDirectory } from '../vm/cache.ts';
import { holdLock } from '../vm/hold-lock.ts';
import { runProgram } from '../vm/run-program.ts';

/** A containerd with its plugins, by the directories of their programs; runc is the system's. */
export interface ContainerdRelease {
  programs: string;
  plugins: string;
}

/** Debian's packages of this system. */
export const INSTALLED: ContainerdRelease = { programs: '/usr/bin', plugins: '/usr/lib/cni' };

/** Debian's packages of another suite, from the cache or by apt; nothing is installed. */
export async function containerdOf(suite: string): Promise<ContainerdRelease> {
  using _ = await holdLock(cacheDirectory());
  const apt = aptFor([suite]);
  apt.update();
  const packages = ['containerd', 'containernetworking-plugins'].flatMap((name) => apt.resolve(name));
  const name = packages.map(({ version }) => version).join('_');
  const directory = join(cacheDirectory('containerd'), name);
  if (!existsSync(directory)) unpack(apt, packages, directory);
  return { programs: join(directory, 'usr/bin'), plugins: join(directory, 'usr/lib/cni') };
}

/** Made under another name first: what is there under its own is complete. */
function unpack(apt: Apt, packages: readonly Package[], directory: string): void {
  const making = mkdtempSync(`${directory}-making-`);
  try {
    const debs = join(making, 'debs');
    mkdirSync(debs);
    apt.download(packages, debs);
    for (const deb of readdirSync(debs)) runProgram('dpkg-deb', ['-x', join(debs, deb), making]);
    renameSync(making, directory);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    throw error;
  }
}
