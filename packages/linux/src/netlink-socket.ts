import { TsnctlError } from '@tsnctl/codec';
import type { NetlinkRequest } from '@tsnctl/netlink';
import { exchange } from './exchange.ts';
import { Fd } from './fd.ts';
import { systemCall } from './libc.ts';
import type { NetNs } from './netns.ts';
import { isErrno } from './system-error.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUF = 8;
const MSG_TRUNC = 0x20;
const SOL_NETLINK = 270; // options: linux/netlink.h
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const RECEIVE_BYTES = 256 * 1024;
const TIMEOUT_SECONDS = 5n;

const socket = systemCall('int socket(int domain, int type, int protocol)');
const setsockopt = systemCall(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const send = systemCall('long send(int fd, const void *buffer, size_t length, int flags)');
const recv = systemCall('long recv(int fd, _Out_ void *buffer, size_t length, int flags)');

/** What any socket has just received: it is copied at once. */
const received = new Uint8Array(RECEIVE_BYTES);

/** A netlink socket that asks one request at a time and waits for the answer. */
export class NetlinkSocket implements Disposable {
  readonly #fd: Fd;
  #sequence = 1;

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  /**
   * Open a socket of `protocol` (0: NETLINK_ROUTE) that speaks to the namespace, this process's own by
   * default. It keeps speaking to it wherever it is used, and keeps it alive.
   */
  static open(options: { netns?: NetNs; protocol?: number } = {}): NetlinkSocket {
    const create = () => new Fd(socket(AF_NETLINK, SOCK_RAW_CLOEXEC, options.protocol ?? 0));
    const fd = options.netns ? options.netns.run(create) : create();
    try {
      setsockopt(fd.number, SOL_NETLINK, NETLINK_EXT_ACK, int(1), 4);
      setsockopt(fd.number, SOL_NETLINK, NETLINK_CAP_ACK, int(1), 4);
      setsockopt(fd.number, SOL_SOCKET, SO_RCVBUF, int(1 << 20), 4);
      setsockopt(fd.number, SOL_SOCKET, SO_RCVTIMEO, new BigInt64Array([TIMEOUT_SECONDS, 0n]), 16);
    } catch (error) {
      fd[Symbol.dispose]();
      throw error;
    }
    return new NetlinkSocket(fd);
  }

  /**
   * Ask, wait up to 5 s, and decode every answer. Equivalent to: `request.equivalent`
   * @throws SystemError the kernel's refusal in its own words; TsnctlError DUMP_INTERRUPTED, NO_ANSWER; CodecError
   */
  request<Reply>(request: NetlinkRequest<Reply>): Reply[] {
    return exchange(
      {
        send: (message) => void send(this.#fd.number, message, message.byteLength, 0),
        receive: () => this.#receive(request),
        nextSequence: () => this.#sequence++,
      },
      request,
    );
  }

  #receive({ equivalent }: { equivalent: string }): Uint8Array {
    try {
      const length = recv(this.#fd.number, received, received.byteLength, MSG_TRUNC);
      if (length <= received.byteLength) return received.slice(0, length);
      throw new TsnctlError('ANSWER_TOO_LONG', `${equivalent}: an answer of ${length} bytes does not fit`);
    } catch (error) {
      if (!isErrno(error, 'EAGAIN')) throw error;
      throw new TsnctlError('NO_ANSWER', `${equivalent}: no answer within ${TIMEOUT_SECONDS} s`);
    }
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}

function int(value: number): Int32Array {
  return new Int32Array([value]);
}
