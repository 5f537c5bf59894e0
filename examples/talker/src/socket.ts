import koffi from 'koffi';
import {
  accept4,
  bind,
  check,
  close,
  connect,
  errnos,
  listen,
  poll,
  recvfrom,
  SystemError,
  sendmsg,
  setsockopt,
  socket,
} from './libc.ts';
import type { Message } from './message.ts';
import type { Protocol } from './options.ts';
import type { SocketAddress } from './socketAddress.ts';

/** A blocking socket, as a program in C would use it; its owner disposes of it. */
export class Socket implements Disposable {
  readonly fd: number;

  private constructor(fd: number) {
    this.fd = fd;
  }

  static open(address: SocketAddress, protocol: Protocol): Socket {
    const fd = socket(address.family, types[protocol] | closeOnExec, 0);
    return new Socket(check(fd, `socket for ${address.text}`));
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }

  setOption(option: SocketOption, value: Buffer, what: string, hint?: string): void {
    check(setsockopt(this.fd, option.level, option.name, value, value.length), what, hint);
  }

  bind(address: SocketAddress): void {
    check(bind(this.fd, address.bytes, address.bytes.length), `bind ${address.text}`);
  }

  listen(): void {
    check(listen(this.fd, 128), 'listen');
  }

  connect(address: SocketAddress): void {
    if (connect(this.fd, address.bytes, address.bytes.length) === 0) return;
    const errno = koffi.errno();
    // SO_SNDTIMEO ends a connect with EINPROGRESS.
    throw new SystemError(`connect ${address.text}`, errno === errnos.EINPROGRESS ? errnos.ETIMEDOUT : errno);
  }

  /** The next connection, or undefined when the one that poll saw has gone again. */
  accept(): Socket | undefined {
    const fd = accept4(this.fd, null, null, closeOnExec);
    const gone = fd < 0 && [errnos.EAGAIN, errnos.ECONNABORTED].includes(koffi.errno());
    return gone ? undefined : new Socket(check(fd, 'accept'));
  }

  send(message: Message): void {
    check(sendmsg(this.fd, message.bytes, noSignal), 'sendmsg');
  }

  /** The number of bytes received; throws SystemError with EAGAIN after the socket's receive timeout. */
  receive(into: Buffer, flags = 0): number {
    return this.receiveFrom(into, null, null, flags);
  }

  receiveFrom(into: Buffer, address: Buffer | null, addressLength: Buffer | null, flags = 0): number {
    for (;;) {
      const length = recvfrom(this.fd, into, into.length, flags, address, addressLength);
      if (length >= 0) return length;
      if (koffi.errno() !== errnos.EINTR) return check(length, 'recv');
    }
  }
}

/** Those of the sockets that can be read; none when the timeout is over. */
export function pollReadable(sockets: readonly Socket[], timeoutMs: number): Socket[] {
  const entries = Buffer.alloc(sockets.length * 8); // struct pollfd
  for (const [index, { fd }] of sockets.entries()) {
    entries.writeInt32LE(fd, index * 8);
    entries.writeInt16LE(pollIn, index * 8 + 4);
  }
  while (poll(entries, sockets.length, timeoutMs) < 0) {
    if (koffi.errno() !== errnos.EINTR) check(-1, 'poll');
  }
  return sockets.filter((_, index) => entries.readInt16LE(index * 8 + 6) !== 0);
}

export interface SocketOption {
  readonly level: number;
  readonly name: number;
}

// asm-generic/socket.h, linux/tcp.h, linux/in6.h
export const socketOptions = {
  reuseAddress: { level: 1, name: 2 },
  priority: { level: 1, name: 12 },
  receiveTimeout: { level: 1, name: 20 },
  sendTimeout: { level: 1, name: 21 },
  bindToDevice: { level: 1, name: 25 },
  txtime: { level: 1, name: 61 },
  tcpNoDelay: { level: 6, name: 1 },
  ipv6Only: { level: 41, name: 26 },
} satisfies Record<string, SocketOption>;

export const waitForAll = 0x100; // MSG_WAITALL
export const dontWait = 0x40; // MSG_DONTWAIT

export function intOption(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

export function secondsOption(seconds: number): Buffer {
  const timeval = Buffer.alloc(16);
  timeval.writeBigInt64LE(BigInt(seconds));
  return timeval;
}

const types: Record<Protocol, number> = { tcp: 1, udp: 2 }; // SOCK_STREAM, SOCK_DGRAM
const closeOnExec = 0x80000; // SOCK_CLOEXEC
const noSignal = 0x4000; // MSG_NOSIGNAL
const pollIn = 1;
