import { encodeRecord, recordBytes } from '@tsnctl/example-talker';
import { Fd, systemCall } from '@tsnctl/linux';
import { parseIp } from '@tsnctl/netlink';
import type { Host } from '../host.ts';

const socket = systemCall('int socket(int domain, int type, int protocol)');
const setsockopt = systemCall(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const sendto = systemCall(
  'long sendto(int fd, const void *data, size_t size, int flags, const void *address, uint32_t length)',
);
const getAffinity = systemCall('int sched_getaffinity(int pid, size_t size, _Out_ void *cpus)');
const setAffinity = systemCall('int sched_setaffinity(int pid, size_t size, const void *cpus)');

// bits/socket.h, asm-generic/socket.h
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const SOL_SOCKET = 1;
const SO_PRIORITY = 12;
const CPU_SET_BYTES = 128; // cpu_set_t

/** A socket that sends talker records, one at each call: two of them can take turns packet by packet. */
export class RecordSocket implements Disposable {
  readonly #fd: Fd;
  readonly #address: Uint8Array;
  readonly #record: Buffer;
  readonly #asked: { flow: number; priority: number };

  constructor(host: Host, to: { address: string; port: number }, asked: { flow: number; priority: number }) {
    this.#fd = host.netns.run(() => new Fd(socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0)));
    this.#address = socketAddress(to);
    this.#record = Buffer.alloc(recordBytes);
    this.#asked = asked;
    setsockopt(this.#fd.number, SOL_SOCKET, SO_PRIORITY, new Int32Array([asked.priority]), 4);
  }

  send(seq: number): void {
    encodeRecord({ ...this.#asked, seq, launchTimeNs: 0n, clock: 'none' }, this.#record);
    sendto(this.#fd.number, this.#record, recordBytes, 0, this.#address, this.#address.byteLength);
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}

/** struct sockaddr_in */
function socketAddress({ address, port }: { address: string; port: number }): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  bytes.set(parseIp(address), 4);
  return bytes;
}

/** Keep this thread on one CPU until disposed. */
export function onCpu(cpu: number): Disposable {
  const before = new Uint8Array(CPU_SET_BYTES);
  getAffinity(0, CPU_SET_BYTES, before);
  const only = new Uint8Array(CPU_SET_BYTES);
  only[cpu >> 3] = 1 << (cpu & 7);
  setAffinity(0, CPU_SET_BYTES, only);
  return { [Symbol.dispose]: () => void setAffinity(0, CPU_SET_BYTES, before) };
}
