import {
  decodeNetlinkError,
  frame,
  messages,
  type NetlinkRequest,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '@tsnctl/netlink';
import { Fd } from './fd.ts';
import { systemCall } from './libc.ts';
import type { NetNs } from './netns.ts';
import { SystemError } from './system-error.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUF = 8;
const SOL_NETLINK = 270; // options: linux/netlink.h
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const RECEIVE_BYTES = 256 * 1024;
const DUMP_TRIES = 10;

const socket = systemCall('int socket(int domain, int type, int protocol)');
const setsockopt = systemCall(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const send = systemCall('long send(int fd, const void *buffer, size_t length, int flags)');
const recv = systemCall('long recv(int fd, _Out_ void *buffer, size_t length, int flags)');

/** A dump was interrupted by a change; its answer may be inconsistent. */
class Interrupted extends Error {}

/** A netlink socket that asks one request at a time and waits for the answer. */
export class NetlinkSocket implements Disposable {
  readonly #fd: Fd;
  readonly #buffer = new Uint8Array(RECEIVE_BYTES);
  #sequence = 1;

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** Open a socket of `protocol` (0: NETLINK_ROUTE) that speaks to the namespace, this process's own by default. */
  static open(options: { netns?: NetNs; protocol?: number } = {}): NetlinkSocket {
    const create = () => new Fd(socket(AF_NETLINK, SOCK_RAW_CLOEXEC, options.protocol ?? 0));
    const fd = options.netns ? options.netns.run(create) : create();
    try {
      setsockopt(fd.number, SOL_NETLINK, NETLINK_EXT_ACK, int(1), 4);
      setsockopt(fd.number, SOL_NETLINK, NETLINK_CAP_ACK, int(1), 4);
      setsockopt(fd.number, SOL_SOCKET, SO_RCVBUF, int(1 << 20), 4);
      setsockopt(fd.number, SOL_SOCKET, SO_RCVTIMEO, new BigInt64Array([5n, 0n]), 16);
    } catch (error) {
      fd[Symbol.dispose]();
      throw error;
    }
    return new NetlinkSocket(fd);
  }

  /** Ask, wait, and decode every answer. The kernel's refusal is thrown as SystemError in its own words. */
  request<Reply>(request: NetlinkRequest<Reply>): Reply[] {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#exchange(request);
      } catch (error) {
        if (!(error instanceof Interrupted) || attempt === DUMP_TRIES) throw error;
      }
    }
  }

  #exchange<Reply>(request: NetlinkRequest<Reply>): Reply[] {
    const sequence = this.#sequence++;
    const isDump = (request.flags & NLM_F_DUMP) === NLM_F_DUMP;
    const message = frame(isDump ? request : { ...request, flags: request.flags | NLM_F_ACK }, sequence, 0);
    send(this.#fd.number, message, message.byteLength, 0);

    const replies: Reply[] = [];
    let interrupted = false;
    for (;;) {
      for (const answer of messages(this.#receive())) {
        if (answer.seq !== sequence) continue;
        if (answer.flags & NLM_F_DUMP_INTR) interrupted = true;
        if (answer.type === NLMSG_DONE || answer.type === NLMSG_ERROR) {
          const failure = decodeNetlinkError(answer);
          if (failure.errno !== 0) throw refusal(request, failure);
          if (interrupted) throw new Interrupted('the dump changed while it was read, ten times in a row');
          return replies;
        }
        const reply = request.decode(answer.body);
        if (request.accepts?.(reply) ?? true) replies.push(reply);
      }
    }
  }

  #receive(): Uint8Array {
    const length = recv(this.#fd.number, this.#buffer, this.#buffer.byteLength, 0);
    return this.#buffer.slice(0, length);
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}

function refusal(
  { equivalent }: { equivalent: string },
  failure: { errno: number; message?: string },
): SystemError {
  const plain = new SystemError(equivalent, failure.errno);
  return failure.message === undefined
    ? plain
    : new SystemError(equivalent, failure.errno, {
        message: `${plain.message} (${failure.message})`,
      });
}

function int(value: number): Int32Array {
  return new Int32Array([value]);
}
