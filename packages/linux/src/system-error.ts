import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { TsnctlError } from '@tsnctl/codec';

const ENOTSUPP = 524; // linux/errno.h; not meant for user space, but bpf(2) and rtnetlink give it

const names = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, errno]) => [errno, name] as const),
  ...[...getSystemErrorMap()].map(([errno, [name]]) => [-errno, name] as const),
  [ENOTSUPP, 'ENOTSUPP'],
]);

/** libuv has no sentence for these, or one that speaks of sockets. */
const texts: Record<string, string> = {
  ENOLINK: 'the link has been severed',
  ENOTSUP: 'operation is not supported',
  ENOTSUPP: 'operation is not supported',
  ESTALE: 'stale: it has changed meanwhile',
  ETIME: 'timer expired',
};

/** A system call that failed; `code` is errno's name: ENODEV, EPERM ... */
export class SystemError extends TsnctlError {
  readonly syscall: string;
  readonly errno: number;
  /** Of a netlink request: the field of its spec that the kernel pointed at, such as `options.entries.2.intervalNs`. */
  declare readonly field?: string;

  /** `errno` is positive. Unless told, the message is the call's name and errno's sentence. */
  constructor(
    syscall: string,
    errno: number,
    options: { message?: string; hint?: string; cause?: unknown; field?: string | undefined } = {},
  ) {
    const { message, field, ...rest } = options;
    const name = names.get(errno) ?? `errno ${errno}`;
    super(name, message ?? `${syscall}: ${textOf(name, errno)}`, rest);
    this.syscall = syscall;
    this.errno = errno;
    if (field !== undefined) this.field = field;
  }
}

/** Whether an error is this errno: `isErrno(error, 'ENOENT')`; takes Node's own errors too. */
export function isErrno(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && 'code' in error && names.includes(String(error.code));
}

function textOf(name: string, errno: number): string {
  return texts[name] ?? getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno} (${name})`;
}
