import { CodecError } from '@tsnctl/codec';
import { decodeEvent, type EventGroup, eventGroups, messages, type NetlinkEvent } from '@tsnctl/netlink';
import { Fd } from './fd.ts';
import { systemCall } from './libc.ts';
import type { NetNs } from './netns.ts';
import { whenReadable } from './readable.ts';
import { isErrno } from './system-error.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 0o2004003;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8; // asm-generic/socket.h
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1; // linux/netlink.h
const MSG_TRUNC = 0x20;
const DATAGRAM_BYTES = 64 * 1024;
const QUEUE_BYTES = 4 << 20;

const socket = systemCall('int socket(int domain, int type, int protocol)');
const bind = systemCall('int bind(int fd, const void *address, uint32_t length)');
const setsockopt = systemCall(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const recv = systemCall('long recv(int fd, _Out_ void *buffer, size_t length, int flags)');

export interface NetlinkEventsOptions {
  /** Whose events; this process's own namespace by default. */
  readonly netns?: NetNs;
  readonly groups: readonly EventGroup[];
  /** What has come since the last call, in order. */
  readonly onEvents: (events: readonly NetlinkEvent[]) => void;
  /** Some were lost, because they came faster than they were read: look at everything anew. */
  readonly onLost: () => void;
  /** How much the kernel keeps for us. */
  readonly queueBytes?: number;
}

/**
 * What happens to a namespace's links, qdiscs, default routes and numbers of other namespaces, as it happens.
 * No thread waits: the event loop does. Equivalent to: ip monitor link
 */
export class NetlinkEvents implements Disposable {
  readonly #fd: Fd;
  readonly #options: NetlinkEventsOptions;
  readonly #watch: Disposable;
  readonly #buffer = new Uint8Array(DATAGRAM_BYTES);

  private constructor(fd: Fd, options: NetlinkEventsOptions) {
    this.#fd = fd;
    this.#options = options;
    this.#watch = whenReadable(fd.number, () => this.drain());
  }

  /** From the return of this on, no event is missed without `onLost`. @throws SystemError */
  static open(options: NetlinkEventsOptions): NetlinkEvents {
    const create = () => new Fd(socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, 0));
    const fd = options.netns ? options.netns.run(create) : create();
    try {
      setQueue(fd, options.queueBytes ?? QUEUE_BYTES);
      bind(fd.number, new Uint32Array([AF_NETLINK, 0, 0]), 12); // struct sockaddr_nl: the kernel gives the port
      for (const group of options.groups.flatMap((name) => eventGroups[name])) {
        setsockopt(fd.number, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, new Int32Array([group]), 4);
      }
      return new NetlinkEvents(fd, options);
    } catch (error) {
      fd[Symbol.dispose]();
      throw error;
    }
  }

  /** Tell of all that waits, now: for whoever has kept the event loop busy. */
  drain(): void {
    const events: NetlinkEvent[] = [];
    let lost = false;
    for (let datagram = this.#receive(); datagram !== undefined; datagram = this.#receive()) {
      if (datagram === 'lost') lost = true;
      else if (!decodeInto(events, datagram)) lost = true;
    }
    if (events.length > 0) this.#options.onEvents(events);
    if (lost) this.#options.onLost();
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#fd[Symbol.dispose]();
  }

  #receive(): Uint8Array | 'lost' | undefined {
    try {
      const length = recv(this.#fd.number, this.#buffer, this.#buffer.byteLength, MSG_TRUNC);
      return length <= this.#buffer.byteLength ? this.#buffer.slice(0, length) : 'lost';
    } catch (error) {
      if (isErrno(error, 'EAGAIN')) return undefined;
      if (isErrno(error, 'ENOBUFS')) return 'lost';
      throw error;
    }
  }
}

/** False where something cannot be read: then it counts as lost. */
function decodeInto(events: NetlinkEvent[], datagram: Uint8Array): boolean {
  try {
    for (const message of messages(datagram)) {
      const event = decodeEvent(message);
      if (event) events.push(event);
    }
    return true;
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}

/** Beyond the limit of net.core.rmem_max, where we may. */
function setQueue(fd: Fd, bytes: number): void {
  try {
    setsockopt(fd.number, SOL_SOCKET, SO_RCVBUFFORCE, new Int32Array([bytes]), 4);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
    setsockopt(fd.number, SOL_SOCKET, SO_RCVBUF, new Int32Array([bytes]), 4);
  }
}
