import { type Codec, encode, TsnctlError } from '@tsnctl/codec';
import { SystemError, systemCall } from '@tsnctl/linux';

/** Commands of bpf(2), enum bpf_cmd in linux/bpf.h. */
export const command = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  MAP_GET_NEXT_KEY: 4,
  PROG_LOAD: 5,
  OBJ_PIN: 6,
  OBJ_GET: 7,
  PROG_TEST_RUN: 10,
  PROG_GET_NEXT_ID: 11,
  MAP_GET_NEXT_ID: 12,
  PROG_GET_FD_BY_ID: 13,
  MAP_GET_FD_BY_ID: 14,
  OBJ_GET_INFO_BY_FD: 15,
  PROG_QUERY: 16,
  BTF_LOAD: 18,
  BTF_GET_FD_BY_ID: 19,
  MAP_LOOKUP_AND_DELETE_ELEM: 21,
  MAP_FREEZE: 22,
  MAP_LOOKUP_BATCH: 24,
  MAP_UPDATE_BATCH: 26,
  MAP_DELETE_BATCH: 27,
  LINK_CREATE: 28,
  LINK_UPDATE: 29,
  LINK_GET_FD_BY_ID: 30,
  LINK_GET_NEXT_ID: 31,
  ENABLE_STATS: 32,
  LINK_DETACH: 34,
} as const;

export type Command = keyof typeof command;

/** The system call's number, asm/unistd.h. */
const NR_BPF: Partial<Record<NodeJS.Architecture, number>> = { x64: 321, arm64: 280 };

const syscall = systemCall('long syscall(long number, int command, _Inout_ void *attr, uint32_t size)');

/**
 * What the kernel has addresses of at this moment. An address in `attr` does not keep its buffer alive, and
 * a local variable not after its last use; without this set the kernel now and then reads freed memory.
 */
const inUse = new Set<unknown>();

/**
 * Call bpf(2) with attributes laid out by `layout`. Returns the call's result and the attribute bytes,
 * where some commands answer. Buffers in `value` live until the call is over; `more` are those behind
 * addresses within these.
 * @throws SystemError
 */
export function bpf<T>(
  name: Command,
  layout: Codec<T>,
  value: T,
  more?: unknown,
): { result: number; attr: Uint8Array } {
  const { result, attr, error } = bpfOutcome(name, layout, value, more);
  if (error !== undefined) throw error;
  return { result, attr };
}

/** The same; what the kernel refuses is returned, with the attributes: some commands answer even so. */
export function bpfOutcome<T>(
  name: Command,
  layout: Codec<T>,
  value: T,
  more?: unknown,
): { result: number; attr: Uint8Array; error?: SystemError } {
  const held = [value, more];
  inUse.add(held);
  const attr = encode(layout, value);
  try {
    return { result: bpfRaw(name, attr), attr };
  } catch (error) {
    if (error instanceof SystemError) return { result: -1, attr, error };
    throw error;
  } finally {
    inUse.delete(held);
  }
}

/** The same with attributes that the caller has laid out, and whose buffers it keeps alive. @throws SystemError */
export function bpfRaw(name: Command, attr: Uint8Array): number {
  try {
    return syscall(callNumber(), command[name], attr, attr.byteLength);
  } catch (error) {
    if (error instanceof SystemError) throw refused(name, error);
    throw error;
  }
}

function callNumber(): number {
  const number = NR_BPF[process.arch];
  if (number !== undefined) return number;
  throw new TsnctlError('UNSUPPORTED', `bpf(2) is not known on ${process.arch}`, {
    hint: `one of: ${Object.keys(NR_BPF).join(', ')}`,
  });
}

function refused(name: Command, error: SystemError): SystemError {
  const hint = hints[error.code];
  const message = error.message.replace('syscall', `bpf ${name}`);
  return new SystemError('bpf', error.errno, hint === undefined ? { message } : { message, hint });
}

const hints: Record<string, string> = {
  EPERM: 'as root, or with the capabilities BPF and NET_ADMIN',
  ENOSYS: 'a kernel with CONFIG_BPF_SYSCALL, and a container whose seccomp profile allows bpf(2)',
};
