import { getSystemErrorMap } from 'node:util';
import { TsnctlError } from '@tsnctl/codec';

const known = getSystemErrorMap();

/** A system call that failed; `code` is errno's name: ENODEV, EPERM ... */
export class SystemError extends TsnctlError {
  readonly syscall: string;
  readonly errno: number;

  constructor(syscall: string, errno: number, options: { message?: string; hint?: string } = {}) {
    const [name, text] = known.get(-errno) ?? [`errno ${errno}`, `error ${errno}`];
    super(
      name,
      options.message ?? `${syscall}: ${text}`,
      options.hint === undefined ? {} : { hint: options.hint },
    );
    this.syscall = syscall;
    this.errno = errno;
  }
}

/** Whether an error is this errno: `isErrno(error, 'ENOENT')`; takes Node's own errors too. */
export function isErrno(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && 'code' in error && names.includes(String(error.code));
}
