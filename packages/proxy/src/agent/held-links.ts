import { existsSync, readFileSync, statSync } from 'node:fs';
import { isErrno, lock } from '@tsnctl/linux';
import { BpfLink } from 'libbpf-ts';
import type { Pins } from '../pins.ts';

interface Held {
  readonly link: BpfLink;
  /** The pin's: one that is made anew is another file. */
  readonly ino: number;
}

/**
 * Holds every pinned link of a node. The kernel keeps a link as long as somebody holds it: so who removes a pin does
 * not take the program off, and the pin is put back. Who detaches a link does; that ends it for all who hold it.
 */
export class HeldLinks implements Disposable {
  readonly #pins: Pins;
  readonly #most: number;
  readonly #held = new Map<string, Held>();

  /** `most` of them; the rest of what this process may have open is for its other work. */
  constructor(pins: Pins, most: number = Math.floor(maxOpenFiles() / 2)) {
    this.#pins = pins;
    this.#most = most;
  }

  get size(): number {
    return this.#held.size;
  }

  /** What is pinned now is right, at all interfaces or at these: hold that, and nothing else. */
  hold(only?: ReadonlySet<number>): void {
    const paths = new Set(this.#pins.links(only));
    const mine = only ? this.#pins.linksOf(only) : [...this.#held.keys()];
    for (const path of mine) if (!paths.has(path)) this.#release(path);
    for (const path of [...paths].sort(uplinksFirst)) this.#holdOne(path);
  }

  /**
   * Put back the pins that somebody has removed; the paths of those. What was detached is let go. While another
   * process changes the node, nothing is done: it may be about to pin there. @throws TsnctlError LOCKED
   */
  pinAgain(): string[] {
    const missing = [...this.#held.keys()].filter((path) => !existsSync(path));
    if (missing.length === 0) return [];
    using _ = lock(this.#pins.root);
    return missing.filter((path) => this.#pinAgain(path));
  }

  /** Whether something else is in the place of a pin. */
  get replaced(): boolean {
    return [...this.#held].some(([path, { ino }]) => {
      const now = statSync(path, { throwIfNoEntry: false });
      return now !== undefined && now.ino !== ino;
    });
  }

  [Symbol.dispose](): void {
    for (const path of [...this.#held.keys()]) this.#release(path);
  }

  #pinAgain(path: string): boolean {
    const held = this.#held.get(path);
    if (!held || existsSync(path)) return false;
    if (held.link.info().ifindex === 0) {
      this.#release(path);
      return false;
    }
    this.#pins.create();
    held.link.pin(path);
    this.#held.set(path, { ...held, ino: statSync(path).ino });
    return true;
  }

  #holdOne(path: string): void {
    try {
      const { ino } = statSync(path);
      if (this.#held.get(path)?.ino === ino) return;
      this.#release(path);
      if (this.#held.size >= this.#most) return; // then it is as safe as its pin
      this.#held.set(path, { link: BpfLink.pinned(path), ino });
    } catch (error) {
      // Gone just now, not ours, or too many are open.
      if (!isErrno(error, 'ENOENT', 'FOREIGN_PIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'EPERM')) throw error;
    }
  }

  #release(path: string): void {
    this.#held.get(path)?.link[Symbol.dispose]();
    this.#held.delete(path);
  }
}

/** Without a restorer, what leaves the node is wrong; without a program of a pod, that pod's alone. */
function uplinksFirst(a: string, b: string): number {
  return Number(b.endsWith('-egress')) - Number(a.endsWith('-egress'));
}

/** Node has raised it as far as it may. */
function maxOpenFiles(): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft); // unlimited
}
