import koffi from 'koffi';
import { SystemError } from './system-error.ts';

const library = koffi.load('libc.so.6');
const EINTR = 4; // asm-generic/errno-base.h

/** A C function that answers -1 and sets errno when it fails. */
export type SystemCall = (...args: unknown[]) => number;

/**
 * Bind a libc function by its C prototype. A failure is thrown as SystemError with errno's name as code.
 * A call that a signal interrupted is made again, unless `restart` is false (close(2) has closed by then).
 *
 * A buffer that is passed is alive during the call. One whose address stands inside another buffer is not
 * kept alive by that: see `addressOf`.
 */
export function systemCall(prototype: string, options: { restart?: boolean } = {}): SystemCall {
  const call = library.func(prototype);
  const name = /(\w+)\s*\(/.exec(prototype)?.[1] ?? prototype;
  const restart = options.restart ?? true;
  return (...args) => {
    for (;;) {
      const result: number = call(...args);
      if (result >= 0) return result;
      const errno = koffi.errno();
      if (errno !== EINTR || !restart) throw new SystemError(name, errno);
    }
  };
}

/**
 * The address of a buffer's first byte, to be put inside another buffer; 0 of an empty one. The number does
 * not keep the buffer alive: whoever makes the system call holds the buffer, where the garbage collector
 * sees it, until the call is over. A local variable that is not used afterwards does not count.
 */
export function addressOf(buffer: ArrayBufferView): bigint {
  return buffer.byteLength === 0 ? 0n : BigInt(koffi.address(buffer));
}
