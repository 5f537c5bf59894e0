import { TsnctlError } from '@tsnctl/codec';
import { systemCall } from './libc.ts';

// Linux has closed the descriptor even where close(2) was interrupted: again would close another's.
const close = systemCall('int close(int fd)', { restart: false });

/** What is open now, each with the stack that opened it; filled while `traceFds(true)`. */
const open = new Map<object, Error>();
let tracing = false;

/** An owned file descriptor: `using fd = new Fd(number)` closes it, `release()` hands it on. */
export class Fd implements Disposable {
  #number: number;

  /** Takes over `number`, which is open. */
  constructor(number: number) {
    if (!Number.isInteger(number) || number < 0) throw new RangeError(`${number} is no file descriptor`);
    this.#number = number;
    if (tracing) open.set(this, new Error(`fd ${number} was opened here`));
  }

  /** The number, for system calls; it stays owned by this object. CLOSED after dispose or release. */
  get number(): number {
    if (this.#number < 0) throw new TsnctlError('CLOSED', 'this file descriptor is closed');
    return this.#number;
  }

  /** Give up ownership: the caller closes the number from now on. */
  release(): number {
    const number = this.number;
    this.#number = -1;
    open.delete(this);
    return number;
  }

  /** Close it; a second time does nothing. */
  [Symbol.dispose](): void {
    if (this.#number >= 0) close(this.release());
  }
}

/**
 * For what holds descriptors or memory that are no `Fd`, such as those of a library: remember that `what` is opened
 * here. Call the function that it returns when it is closed.
 */
export function traceResource(what: string): () => void {
  if (!tracing) return nothing;
  const resource = {};
  open.set(resource, new Error(`${what} was opened here`));
  return () => void open.delete(resource);
}

const nothing = () => undefined;

/** Remember where each descriptor is opened from now on, so that a leak can be named; forget the earlier ones. */
export function traceFds(on: boolean): void {
  tracing = on;
  open.clear();
}

/** Where the descriptors and other resources that are still open were opened, since `traceFds(true)`: one stack each. */
export function openFds(): string[] {
  return [...open.values()].map((error) => error.stack ?? error.message);
}
