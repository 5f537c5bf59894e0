import { systemCall } from './libc.ts';

const close = systemCall('int close(int fd)');

/** Descriptors that are open now, each with the stack that opened it; filled while `traceFds(true)`. */
const open = new Map<Fd, Error>();
let tracing = false;

/** An owned file descriptor: `using fd = new Fd(number)` closes it, `release()` hands it on. */
export class Fd implements Disposable {
  #number: number;

  constructor(number: number) {
    this.#number = number;
    if (tracing) open.set(this, new Error(`fd ${number} was opened here`));
  }

  /** The number, for system calls; it stays owned by this object. */
  get number(): number {
    if (this.#number < 0) throw new Error('this file descriptor is closed');
    return this.#number;
  }

  /** Give up ownership: the caller closes the number from now on. */
  release(): number {
    const number = this.number;
    this.#number = -1;
    open.delete(this);
    return number;
  }

  [Symbol.dispose](): void {
    if (this.#number >= 0) close(this.release());
  }
}

/** Remember where each descriptor is opened, so that a leak can be named. */
export function traceFds(on: boolean): void {
  tracing = on;
  open.clear();
}

/** Where the descriptors that are still open were opened, since `traceFds(true)`. */
export function openFds(): string[] {
  return [...open.values()].map((error) => error.stack ?? error.message);
}
