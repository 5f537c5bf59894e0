import { type Dirent, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfDir, type ConfFile, isConfName } from '@tsnctl/cni';
import { isErrno } from '@tsnctl/linux';

/** Longer ones are no network configs: they are taken for empty, which no plan mends. */
const MAX_BYTES = 4 << 20;

/** What is in a runtime's configuration directory; nothing where there is none. Files that go meanwhile are left out. */
export function readConfDir(directory: string): ConfDir {
  const entries = list(directory);
  const files = entries.filter((entry) => !entry.isDirectory() && concernsChain(entry.name));
  return {
    files: files.flatMap(({ name }) => readConfFile(directory, name) ?? []),
    dropIns: Object.fromEntries(
      entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => [name, readInside(join(directory, name))]),
    ),
  };
}

/** A file of it, whatever it is: what is no file has no bytes. */
function readConfFile(directory: string, name: string): ConfFile | undefined {
  const path = join(directory, name);
  try {
    const isLink = lstatSync(path).isSymbolicLink();
    const stats = statSync(path);
    const bytes =
      stats.isFile() && stats.size <= MAX_BYTES ? Uint8Array.from(readFileSync(path)) : new Uint8Array();
    const { mode, uid, gid } = stats;
    return { name, bytes, mode: mode & 0o7777, uid, gid, ...(isLink && { isLink }) };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP')) return undefined;
    throw error;
  }
}

function readInside(directory: string): ConfFile[] {
  return list(directory).flatMap(({ name }) => readConfFile(directory, name) ?? []);
}

function concernsChain(name: string): boolean {
  return isConfName(name) || name.endsWith('.cilium_bak');
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
