import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { bootId, isErrno, type NetNs } from '@tsnctl/linux';
import { type ChannelCounts, decodeQdisc } from '@tsnctl/netlink';
import { readIfThere } from '../files.ts';
import { makeDirectory } from '../make-directory.ts';
import type { UplinkClock } from '../model.ts';
import { writeWhole } from '../write-whole.ts';
import type { FormerTuning } from './model.ts';

/** Beside the journal of what is installed. */
export const TUNE_STATE = '/var/lib/tsnctl/tune';

export interface Before {
  readonly raw: readonly Uint8Array[];
  readonly channels?: ChannelCounts | undefined;
  readonly uplinkClock?: UplinkClock | undefined;
  /** For people: what would bring it back. */
  readonly commands: readonly string[];
  /** Who has tuned it, where it was not a person: `TsnInterface line`. */
  readonly owner?: string | undefined;
}

/** As it is written. Qdiscs are volatile: it counts for this boot, this namespace and this interface alone. */
interface Remembered extends Omit<Before, 'raw'> {
  readonly version: 1;
  readonly boot: string;
  readonly cookie: string;
  readonly ifindex: number;
  readonly name: string;
  /** The kernel's answers, base64. */
  readonly qdiscs: readonly string[];
  /** What was put at the root since then. */
  readonly given?: RootQdisc;
}

export interface RootQdisc {
  readonly kind: string;
  readonly handle: number;
}

/** An interface with what was put at its root. */
export interface Given extends RootQdisc {
  readonly ifindex: number;
  readonly name: string;
}

/** An interface that was tuned for somebody who is no person. */
export interface Owned {
  readonly owner: string;
  readonly name: string;
  readonly ifindex: number;
}

/** What an interface had before the first change, in a file of its own. */
export class TuneMemory {
  readonly #directory: string;
  readonly #cookie: bigint;

  constructor(netns: NetNs, directory: string = TUNE_STATE) {
    this.#directory = directory;
    this.#cookie = netns.cookie;
  }

  #path(ifindex: number): string {
    return join(this.#directory, `${this.#cookie}-${ifindex}.json`);
  }

  /** Keep what there was, unless something older is kept already. */
  remember({ ifindex, name }: { ifindex: number; name: string }, before: Before): void {
    if (this.recall({ ifindex })) return;
    const { raw, ...rest } = before;
    this.#write({
      version: 1,
      boot: bootId(),
      cookie: `${this.#cookie}`,
      ifindex,
      name,
      ...rest,
      qdiscs: raw.map((bytes) => Buffer.from(bytes).toString('base64')),
    });
  }

  /** What there was; undefined where nothing is remembered, or of another boot. @throws TsnctlError BAD_STATE */
  recall({ ifindex }: { ifindex: number }): FormerTuning | undefined {
    return this.#read(ifindex, ({ qdiscs, channels, uplinkClock }) => ({
      qdiscs: qdiscs.map((body) => decodeQdisc(new Uint8Array(Buffer.from(body, 'base64')))),
      channels,
      uplinkClock,
    }));
  }

  /** Who has tuned an interface, where it was not a person. */
  ownerOf({ ifindex }: { ifindex: number }): string | undefined {
    return this.#read(ifindex, ({ owner }) => owner);
  }

  /** From now on it is this one's; what there was stays what it is. */
  own({ ifindex }: { ifindex: number }, owner: string): void {
    const found = this.#read(ifindex, (it) => it);
    if (found && found.owner !== owner) this.#write({ ...found, owner });
  }

  /** This is at the root now, and is to stay there. */
  give({ ifindex }: { ifindex: number }, { kind, handle }: RootQdisc): void {
    const found = this.#read(ifindex, (it) => it);
    if (found) this.#write({ ...found, given: { kind, handle } });
  }

  /** All interfaces of this namespace that something was put on. */
  given(): Given[] {
    return this.#all(({ given, name, ifindex }) => given && { ...given, name, ifindex });
  }

  /** All interfaces of this namespace that somebody owns. */
  owned(): Owned[] {
    return this.#all(({ owner, name, ifindex }) => (owner ? { owner, name, ifindex } : undefined));
  }

  forget({ ifindex }: { ifindex: number }): void {
    rmSync(this.#path(ifindex), { force: true });
  }

  #all<T>(use: (found: Remembered) => T | undefined): T[] {
    return namesIn(this.#directory).flatMap((file) => {
      const [, cookie, digits] = /^(\d+)-(\d+)\.json$/.exec(file) ?? [];
      return (cookie === `${this.#cookie}` && this.#read(Number(digits), use)) || [];
    });
  }

  /** @throws TsnctlError BAD_STATE */
  #read<T>(ifindex: number, use: (found: Remembered) => T): T | undefined {
    const path = this.#path(ifindex);
    const text = readIfThere(path)?.toString();
    if (text === undefined) return undefined;
    try {
      const found = JSON.parse(text) as Remembered;
      if (found.boot !== bootId() || found.cookie !== `${this.#cookie}` || found.ifindex !== ifindex)
        return undefined;
      return use(found);
    } catch (cause) {
      throw new TsnctlError(
        'BAD_STATE',
        `${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
        {
          hint: `rm ${path}, and what there was is forgotten`,
          cause,
        },
      );
    }
  }

  #write(content: Remembered): void {
    makeDirectory(this.#directory, 0o700);
    const path = this.#path(content.ifindex);
    writeWhole(path, `${path}.${process.pid}`, `${JSON.stringify(content, undefined, 2)}\n`);
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
