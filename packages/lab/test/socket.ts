import { addressOf, Fd, systemCall } from '@tsnctl/linux';
import { parseIp } from '@tsnctl/netlink';
import type { Host } from '../src/host.ts';

const socket = systemCall('int socket(int domain, int type, int protocol)');
const setsockopt = systemCall(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const bind = systemCall('int bind(int fd, const void *address, uint32_t length)');
const connect = systemCall('int connect(int fd, const void *address, uint32_t length)');
const listen = systemCall('int listen(int fd, int backlog)');
const sendmsg = systemCall('long sendmsg(int fd, const void *message, int flags)');
const recvmsg = systemCall('long recvmsg(int fd, _Inout_ void *message, int flags)');

/** What a socket is for: its domain and type. AF_* and SOCK_* of bits/socket.h. */
const kinds = {
  udp: { 4: [2, 2], 6: [10, 2] },
  tcp: { 4: [2, 1], 6: [10, 1] },
} as const;
const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 3;

// asm-generic/socket.h, linux/if_packet.h, linux/tcp.h
const SOL_SOCKET = 1;
const SO_PRIORITY = 12;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const SO_TIMESTAMPNS = 35;
const SO_TIMESTAMPING = 37;
const SO_TXTIME = 61;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

export const clockIds = { realtime: 0, mono: 1, tai: 11 } as const; // linux/time.h
export type Clock = keyof typeof clockIds;
type Family = 4 | 6;

/** A blocking socket, born in a host's namespace; every call gives up after five seconds. */
export class Socket implements Disposable {
  readonly #fd: Fd;

  private constructor(host: Host, domain: number, type: number, protocol: number) {
    this.#fd = host.netns.run(() => new Fd(socket(domain, type | SOCK_CLOEXEC, protocol)));
    this.#option(SOL_SOCKET, SO_RCVTIMEO, new BigInt64Array([5n, 0n]));
    this.#option(SOL_SOCKET, SO_SNDTIMEO, new BigInt64Array([5n, 0n]));
  }

  static open(host: Host, protocol: 'udp' | 'tcp', family: Family): Socket {
    const [domain, type] = kinds[protocol][family];
    const opened = new Socket(host, domain, type, 0);
    if (protocol === 'tcp') opened.#option(IPPROTO_TCP, TCP_NODELAY, int(1));
    return opened;
  }

  /** Whole Ethernet frames on one interface, past its qdisc and the filters there unless told otherwise. It hears what the interface hears if `listen`. */
  static packet(host: Host, device: string, { listen = false, bypass = true } = {}): Socket {
    const opened = new Socket(host, AF_PACKET, SOCK_RAW, 0);
    if (bypass) opened.#option(SOL_PACKET, PACKET_QDISC_BYPASS, int(1));
    const address = new DataView(new ArrayBuffer(20)); // struct sockaddr_ll
    address.setUint16(0, AF_PACKET, true);
    address.setUint16(2, listen ? ETH_P_ALL : 0);
    address.setInt32(4, host.index(device), true);
    bind(opened.#fd.number, new Uint8Array(address.buffer), address.byteLength);
    return opened;
  }

  priority(priority: number): this {
    return this.#option(SOL_SOCKET, SO_PRIORITY, int(priority));
  }

  /** Launch times will be in this clock. */
  txtime(clock: Clock): this {
    return this.#option(SOL_SOCKET, SO_TXTIME, new Int32Array([clockIds[clock], 0]));
  }

  /** Tell of each packet when it came: by SO_TIMESTAMPNS, or by SO_TIMESTAMPING. */
  timestamps(how: 'ns' | 'ing' = 'ns'): this {
    const RX_SOFTWARE_AND_REPORT = (1 << 3) | (1 << 4); // SOF_TIMESTAMPING_* in linux/net_tstamp.h
    return how === 'ns'
      ? this.#option(SOL_SOCKET, SO_TIMESTAMPNS, int(1))
      : this.#option(SOL_SOCKET, SO_TIMESTAMPING, int(RX_SOFTWARE_AND_REPORT));
  }

  bind(address: string, port: number): this {
    const bytes = socketAddress(address, port);
    bind(this.#fd.number, bytes, bytes.byteLength);
    return this;
  }

  listen(): this {
    listen(this.#fd.number, 16);
    return this;
  }

  connect(address: string, port: number): this {
    const bytes = socketAddress(address, port);
    connect(this.#fd.number, bytes, bytes.byteLength);
    return this;
  }

  /** Send a packet: to where, unless connected, when it shall leave, and at a priority of its own. */
  send(
    payload: Uint8Array,
    { to, launchTimeNs, priority }: { to?: [string, number]; launchTimeNs?: bigint; priority?: number } = {},
  ): void {
    const message = new Message(payload.byteLength);
    message.payload.set(payload);
    if (to) message.setName(socketAddress(...to));
    const control = [
      ...(launchTimeNs === undefined ? [] : txtimeMessage(launchTimeNs)),
      ...(priority === undefined ? [] : priorityMessage(priority)),
    ];
    if (control.length > 0) message.setControl(Uint8Array.from(control));
    const MSG_NOSIGNAL = 0x4000;
    sendmsg(this.#fd.number, message.bytes, MSG_NOSIGNAL);
  }

  /** Answer whoever `receive` named, with a launch time. */
  sendTo(payload: Uint8Array, to: Uint8Array, launchTimeNs: bigint): void {
    const message = new Message(payload.byteLength);
    message.payload.set(payload);
    message.setName(to);
    message.setControl(txtimeMessage(launchTimeNs));
    sendmsg(this.#fd.number, message.bytes, 0);
  }

  /** The next packet, when the kernel says that it came, in CLOCK_REALTIME, and the sender's address. */
  receive(): { payload: Buffer; stampNs: bigint | undefined; from: Uint8Array } {
    const message = new Message(2048);
    message.setControl(new Uint8Array(Message.CONTROL_ROOM));
    const from = message.roomForName();
    const length = recvmsg(this.#fd.number, message.bytes, 0);
    return {
      payload: Buffer.from(message.payload.subarray(0, length)),
      stampNs: stampIn(message.control),
      from: from.slice(0, message.nameLength),
    };
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }

  #option(level: number, name: number, value: Int32Array | BigInt64Array): this {
    setsockopt(this.#fd.number, level, name, value, value.byteLength);
    return this;
  }
}

/** A struct msghdr with all that it points to in one buffer: so nothing of it is collected during a call. */
class Message {
  static readonly CONTROL_ROOM = 64; // SCM_TIMESTAMPING is the largest that comes
  readonly bytes: Uint8Array;
  readonly control: Uint8Array;
  readonly payload: Uint8Array;
  readonly #fields: DataView;
  readonly #name: Uint8Array;
  readonly #base: bigint;

  constructor(payloadBytes: number) {
    const buffer = new ArrayBuffer(at.payload + payloadBytes);
    this.bytes = new Uint8Array(buffer);
    this.control = this.bytes.subarray(at.control, at.control + Message.CONTROL_ROOM);
    this.#name = this.bytes.subarray(at.name, at.payload);
    this.payload = this.bytes.subarray(at.payload);
    this.#fields = new DataView(buffer);
    this.#base = addressOf(this.bytes);
    this.#point(16, at.vector, 1); // msg_iov
    this.#point(at.vector, at.payload, payloadBytes);
  }

  setName(address: Uint8Array): void {
    this.#name.set(address);
    this.#point(0, at.name, address.byteLength);
  }

  /** For the kernel to write an address into. */
  roomForName(): Uint8Array {
    this.#point(0, at.name, this.#name.byteLength);
    return this.#name;
  }

  get nameLength(): number {
    return this.#fields.getUint32(8, true); // msg_namelen
  }

  setControl(control: Uint8Array): void {
    this.control.set(control);
    this.#point(32, at.control, control.byteLength);
  }

  /** An address and the length or count beside it. */
  #point(field: number, to: number, length: number): void {
    this.#fields.setBigUint64(field, this.#base + BigInt(to), true);
    this.#fields.setBigUint64(field + 8, BigInt(length), true);
  }
}

// struct msghdr (56), struct iovec (16), control messages, any sockaddr, the payload
const at = {
  vector: 56,
  control: 72,
  name: 72 + Message.CONTROL_ROOM,
  payload: 72 + Message.CONTROL_ROOM + 32,
};
const CONTROL_HEADER = 16; // struct cmsghdr

function txtimeMessage(launchTimeNs: bigint): Uint8Array {
  const control = new DataView(new ArrayBuffer(CONTROL_HEADER + 8));
  control.setBigUint64(0, BigInt(control.byteLength), true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SO_TXTIME, true);
  control.setBigUint64(16, launchTimeNs, true);
  return new Uint8Array(control.buffer);
}

/** Since 6.14; filled up to where the next message would begin. */
function priorityMessage(priority: number): Uint8Array {
  const control = new DataView(new ArrayBuffer(CONTROL_HEADER + 8));
  control.setBigUint64(0, BigInt(CONTROL_HEADER + 4), true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SO_PRIORITY, true);
  control.setInt32(16, priority, true);
  return new Uint8Array(control.buffer);
}

/** Of SO_TIMESTAMPING three come, the first of which is the kernel's. */
function stampIn(control: Uint8Array): bigint | undefined {
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  const type = view.getInt32(12, true);
  if (view.getInt32(8, true) !== SOL_SOCKET || ![SO_TIMESTAMPNS, SO_TIMESTAMPING].includes(type))
    return undefined;
  return view.getBigInt64(16, true) * 1_000_000_000n + view.getBigInt64(24, true);
}

/** struct sockaddr_in or sockaddr_in6. */
function socketAddress(address: string, port: number): Uint8Array {
  const ip = parseIp(address);
  const view = new DataView(new ArrayBuffer(ip.byteLength === 4 ? 16 : 28));
  view.setUint16(0, ip.byteLength === 4 ? 2 : 10, true);
  view.setUint16(2, port);
  const bytes = new Uint8Array(view.buffer);
  bytes.set(ip, ip.byteLength === 4 ? 4 : 8);
  return bytes;
}

function int(value: number): Int32Array {
  return new Int32Array([value]);
}
