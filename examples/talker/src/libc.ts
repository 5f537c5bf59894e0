import koffi from 'koffi';

const libc = koffi.load(null); // the process itself: glibc or musl, whichever node was linked with

type Pointer = Uint8Array | null;

/** The calls as in their man pages; -1 on failure, see `check`. */
export const socket = libc.func('int socket(int, int, int)') as (
  family: number,
  type: number,
  protocol: number,
) => number;
export const close = libc.func('int close(int)') as (fd: number) => number;
export const bind = libc.func('int bind(int, void *, uint32_t)') as (
  fd: number,
  address: Pointer,
  length: number,
) => number;
export const connect = libc.func('int connect(int, void *, uint32_t)') as typeof bind;
export const listen = libc.func('int listen(int, int)') as (fd: number, backlog: number) => number;
export const accept4 = libc.func('int accept4(int, void *, void *, int)') as (
  fd: number,
  address: Pointer,
  length: Pointer,
  flags: number,
) => number;
export const setsockopt = libc.func('int setsockopt(int, int, int, void *, uint32_t)') as (
  fd: number,
  level: number,
  name: number,
  value: Pointer,
  length: number,
) => number;
export const sendmsg = libc.func('long sendmsg(int, void *, int)') as (
  fd: number,
  message: Pointer,
  flags: number,
) => number;
export const recvfrom = libc.func('long recvfrom(int, void *, size_t, int, void *, void *)') as (
  fd: number,
  into: Pointer,
  length: number,
  flags: number,
  address: Pointer,
  addressLength: Pointer,
) => number;
export const poll = libc.func('int poll(void *, unsigned long, int)') as (
  entries: Pointer,
  count: number,
  timeoutMs: number,
) => number;
export const inetPton = libc.func('int inet_pton(int, str, void *)') as (
  family: number,
  text: string,
  into: Pointer,
) => number;
export const clockGettime = libc.func('int clock_gettime(int, void *)') as (
  clock: number,
  into: Pointer,
) => number;
export const clockNanosleep = libc.func('int clock_nanosleep(int, int, void *, void *)') as (
  clock: number,
  flags: number,
  until: Pointer,
  rest: Pointer,
) => number;

const strerror = libc.func('str strerror(int)') as (errno: number) => string;

// asm-generic/errno.h
export const errnos = {
  EINTR: 4,
  EAGAIN: 11,
  ECONNABORTED: 103,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EINPROGRESS: 115,
};

/** A call that the kernel refused, in the kernel's words. */
export class SystemError extends Error {
  readonly errno: number;

  constructor(what: string, errno: number, hint?: string) {
    super(`${what}: ${strerror(errno)}${hint === undefined ? '' : ` (${hint})`}`);
    this.errno = errno;
  }
}

/** Pass on the result of a call, or throw what errno says. */
export function check(result: number, what: string, hint?: string): number {
  if (result < 0) throw new SystemError(what, koffi.errno(), hint);
  return result;
}
