import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@tsnctl/linux';
import { writeWhole } from '../write-whole.ts';

/** Host side of a pod. */
export interface OwnedPod {
  readonly ifindex: number;
  readonly name: string;
}

/** What the agent attached by its configuration, so that it can let go of that, and of nothing else. */
export interface Owned {
  readonly uplinks: readonly string[];
  /** Pods that have their policy from a policy source. */
  readonly pods: readonly OwnedPod[];
  /** Pods with a record of the plugin, for which a policy source decides otherwise than the record says. */
  readonly decided: readonly OwnedPod[];
  /** When programs were loaded anew, in ms since 1970. */
  readonly renewedAt: number;
}

const FORMAT = 1;
const NAME = 'owned.json';
const NOTHING: Owned = { uplinks: [], pods: [], decided: [], renewedAt: 0 };

/** The file in the state directory that has it. */
export class OwnedFile {
  readonly #path: string;
  #text: string | undefined;

  constructor(directory: string) {
    this.#path = join(directory, NAME);
  }

  /** Nothing where there is none, or none that can be read: then nothing is let go. */
  read(): Owned {
    try {
      this.#text = readFileSync(this.#path, 'utf8');
      const { format, uplinks, pods, decided = [], renewedAt } = JSON.parse(this.#text) ?? {};
      const isOurs = format === FORMAT && [uplinks, pods, decided].every(Array.isArray);
      return isOurs ? { uplinks, pods, decided, renewedAt: Number(renewedAt) || 0 } : NOTHING;
    } catch (error) {
      if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return NOTHING;
      throw error;
    }
  }

  /** Whole or not at all; nothing is written where nothing has changed. */
  write(owned: Owned): void {
    const text = `${JSON.stringify({ format: FORMAT, ...owned })}\n`;
    if (text === this.#text) return;
    writeWhole(this.#path, `${this.#path}.tmp`, text);
    this.#text = text;
  }
}
