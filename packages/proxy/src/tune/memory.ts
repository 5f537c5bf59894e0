import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno, type NetNs } from '@tsnctl/linux';
import { type ChannelCounts, decodeQdisc } from '@tsnctl/netlink';
import type { UplinkClock } from '../model.ts';
import type { FormerTuning } from './model.ts';

/** Beside the journal of what is installed. */
export const TUNE_STATE = '/var/lib/tsnctl/tune';

/** As it is written. Qdiscs are volatile: it counts for this boot, this namespace and this interface alone. */
interface Remembered {
  readonly version: 1;
  readonly boot: string;
  readonly cookie: string;
  readonly ifindex: number;
  readonly name: string;
  /** The kernel's answers, base64. */
  readonly qdiscs: readonly string[];
  readonly channels?: ChannelCounts | undefined;
  readonly uplinkClock?: UplinkClock | undefined;
  /** For people: what would bring it back. */
  readonly commands: readonly string[];
}

export interface Before {
  readonly raw: readonly Uint8Array[];
  readonly channels?: ChannelCounts | undefined;
  readonly uplinkClock?: UplinkClock | undefined;
  readonly commands: readonly string[];
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
    if (this.recall({ ifindex, name })) return;
    const { raw, ...rest } = before;
    const content: Remembered = {
      version: 1,
      boot: bootId(),
      cookie: `${this.#cookie}`,
      ifindex,
      name,
      ...rest,
      qdiscs: raw.map((bytes) => Buffer.from(bytes).toString('base64')),
    };
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const path = this.#path(ifindex);
    const beside = `${path}.${process.pid}`;
    writeFileSync(beside, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(beside, path);
  }

  /** What there was; undefined where nothing is remembered, or of another boot. @throws TsnctlError BAD_STATE */
  recall({ ifindex }: { ifindex: number; name: string }): FormerTuning | undefined {
    const path = this.#path(ifindex);
    const text = readIfThere(path);
    if (text === undefined) return undefined;
    try {
      const found = JSON.parse(text) as Remembered;
      if (found.boot !== bootId() || found.cookie !== `${this.#cookie}` || found.ifindex !== ifindex)
        return undefined;
      return {
        qdiscs: found.qdiscs.map((body) => decodeQdisc(new Uint8Array(Buffer.from(body, 'base64')))),
        channels: found.channels,
        uplinkClock: found.uplinkClock,
      };
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

  forget({ ifindex }: { ifindex: number }): void {
    rmSync(this.#path(ifindex), { force: true });
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
