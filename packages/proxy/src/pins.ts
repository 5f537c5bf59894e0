import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { isBpffs, isErrno } from '@tsnctl/linux';
import { type Hook, hookOf } from './model.ts';

/** Where this product pins; v1 is the layout of the maps. */
const VERSION_DIRECTORY = 'tsnctl/v1';
export const BPFFS = '/sys/fs/bpf';

export const TABLES = ['pods', 'pod_counters', 'uplinks', 'uplink_counters'] as const;
const HOOKS: readonly Hook[] = [...new Set(Object.values(hookOf))];
export type TableName = (typeof TABLES)[number];

/** The pins of one network namespace, named by its cookie. */
export class Pins {
  readonly #bpffs: string;
  readonly #cookie: bigint;

  constructor(cookie: bigint, bpffs: string = BPFFS) {
    this.#cookie = cookie;
    this.#bpffs = bpffs;
  }

  link(ifindex: number, hook: Hook): string {
    return join(this.#directory('links'), `${this.#cookie}-${ifindex}-${hook}`);
  }

  /** The place that a link's path names: the host side's index, and the hook. */
  static placeOf(path: string): { host: number; hook: string } {
    const [, host, hook = ''] = basename(path).split('-');
    return { host: Number(host), hook };
  }

  table(name: TableName): string {
    return join(this.#directory('maps'), `${this.#cookie}-${name}`);
  }

  /** Paths of the links of this namespace; with `only`, of these interfaces. */
  links(only?: ReadonlySet<number>): string[] {
    if (only) return this.linksOf(only).filter((path) => existsSync(path));
    const directory = this.#directory('links');
    if (!existsSync(directory)) return [];
    return readdirSync(directory)
      .filter((name) => name.startsWith(`${this.#cookie}-`))
      .map((name) => join(directory, name));
  }

  /** Where links of these interfaces would be pinned. */
  linksOf(interfaces: ReadonlySet<number>): string[] {
    return [...interfaces].flatMap((ifindex) => HOOKS.map((hook) => this.link(ifindex, hook)));
  }

  /** Where all pins are, of this namespace and others. */
  get directories(): readonly string[] {
    return [this.#directory('links'), this.#directory('maps')];
  }

  /** Tells the tables that are pinned now from those that were: a pin that is made anew is another file. */
  tableIds(): string | undefined {
    const files = TABLES.map((name) => statSync(this.table(name), { throwIfNoEntry: false })?.ino);
    return files.includes(undefined) ? undefined : files.join();
  }

  /** Make the directories; NO_BPFFS where there is no BPF file system. */
  create(): void {
    requireBpffs(this.#bpffs);
    for (const kind of ['links', 'maps'] as const)
      mkdirSync(this.#directory(kind), { recursive: true, mode: 0o700 });
  }

  /** Remove the directories that are empty, up to the file system's root. */
  removeEmpty(): void {
    for (const kind of ['links', 'maps'] as const) {
      for (let path = this.#directory(kind); path.length > this.#bpffs.length; path = dirname(path)) {
        if (!removeIfEmpty(path)) break;
      }
    }
  }

  /** The directory on which changes are locked. */
  get root(): string {
    return this.#bpffs;
  }

  #directory(kind: 'links' | 'maps'): string {
    return join(this.#bpffs, VERSION_DIRECTORY, kind);
  }
}

export function requireBpffs(path: string = BPFFS): void {
  if (isBpffs(path)) return;
  throw new TsnctlError('NO_BPFFS', `no BPF file system is mounted at ${path}, so nothing can be pinned`, {
    hint: `mount -t bpf bpf ${path}`,
  });
}

function removeIfEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    if (isErrno(error, 'ENOTEMPTY', 'EBUSY', 'EPERM')) return false;
    throw error;
  }
}
