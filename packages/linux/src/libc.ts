import koffi from 'koffi';
import { SystemError } from './system-error.ts';

const library = koffi.load('libc.so.6');

/** A C function that answers -1 and sets errno when it fails. */
export type SystemCall = (...args: unknown[]) => number;

/**
 * Bind a libc function by its C prototype. A failure is thrown as SystemError with errno's name as code.
 *
 * A buffer whose address stands inside another buffer is not kept alive by it: callers hold such
 * buffers in variables that outlive the call.
 */
export function systemCall(prototype: string): SystemCall {
  const call = library.func(prototype);
  const name = /(\w+)\s*\(/.exec(prototype)?.[1] ?? prototype;
  return (...args) => {
    const result: number = call(...args);
    if (result < 0) throw new SystemError(name, koffi.errno());
    return result;
  };
}

/** The address of a buffer's first byte, to be put inside another buffer. */
export function addressOf(buffer: Uint8Array): bigint {
  return BigInt(koffi.address(buffer));
}
