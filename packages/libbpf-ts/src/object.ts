import { elfVariables, type Variable } from '@tsnctl/btf';
import { encode, TsnctlError } from '@tsnctl/codec';
import { addressOf, Fd, isErrno, SystemError, systemCall } from '@tsnctl/linux';
import koffi from 'koffi';
import { type Libbpf, libbpf } from './libbpf.ts';
import { BpfMap } from './map.ts';
import { BpfProgram } from './program.ts';

const F_DUPFD_CLOEXEC = 1030; // linux/fcntl.h
const fcntl = systemCall('int fcntl(int fd, int command, int argument)');

/**
 * A BPF object file on its way into the kernel: `open`, set what must be set before, `load`, then take
 * its programs and maps. Those live on when the object is closed.
 */
export class BpfObject implements Disposable {
  readonly name: string;
  readonly #lib: Libbpf;
  readonly #elf: Uint8Array;
  #object: unknown;

  private constructor(name: string, lib: Libbpf, elf: Uint8Array, object: unknown) {
    this.name = name;
    this.#lib = lib;
    this.#elf = elf;
    this.#object = object;
  }

  /** Parse an ELF object; `name` is used in messages. */
  static open(elf: Uint8Array, name: string): BpfObject {
    const lib = libbpf();
    const nameBytes = new TextEncoder().encode(`${name.replace(/\W/g, '_').slice(0, 15)}\0`);
    // struct bpf_object_open_opts { size_t sz; const char *object_name; ... }: a shorter one is valid.
    const options = new Uint8Array(new BigUint64Array([16n, addressOf(nameBytes)]).buffer);
    const object = lib.openMem(elf, elf.byteLength, options);
    const log = lib.takeLog();
    if (object === null) {
      throw new TsnctlError('BAD_OBJECT', `${name} is not a BPF object: ${firstLine(log)}`, {
        hint: 'npm run bpf',
      });
    }
    return new BpfObject(name, lib, elf, object);
  }

  /** The constants and variables of a section, by the object's own BTF. */
  variables(section: '.rodata' | '.data' | '.bss'): Variable[] {
    return elfVariables(this.#elf, section);
  }

  /** Set `const volatile` globals before load, by name; the verifier then treats them as constants. */
  setConstants(values: Record<string, unknown>): this {
    const variables = this.variables('.rodata');
    const memory = this.#initialValue('.rodata');
    for (const [name, value] of Object.entries(values)) {
      const variable = variables.find((candidate) => candidate.name === name);
      if (!variable) {
        throw new TsnctlError('NO_VARIABLE', `${this.name} has no constant ${name}`, {
          hint: `it has: ${variables.map((candidate) => candidate.name).join(', ') || 'none'}`,
        });
      }
      memory.set(encode(variable.codec, value), variable.offset);
    }
    return this;
  }

  setMaxEntries(map: string, count: number): this {
    this.#check(this.#lib.mapSetMaxEntries(this.#map(map), count), `${map}: set ${count} entries`);
    return this;
  }

  /** Use a map that exists already instead of making a new one. */
  reuseMap(name: string, map: { fd: number }): this {
    this.#check(this.#lib.mapReuseFd(this.#map(name), map.fd), `${name}: reuse the pinned map`);
    return this;
  }

  /** Make the maps and pass the programs through the verifier. A refusal carries the verifier's log as `cause`. */
  load(): this {
    const result = this.#lib.load(this.#object);
    const log = this.#lib.takeLog();
    if (result < 0) throw loadError(this.name, -result, log);
    return this;
  }

  /** A loaded map; the caller disposes it. */
  map<Key = unknown, Value = unknown>(name: string): BpfMap<Key, Value> {
    return new BpfMap<Key, Value>(duplicate(this.#lib.mapFd(this.#map(name))));
  }

  /** A loaded program; the caller disposes it. */
  program(name: string): BpfProgram {
    const program = this.#lib.findProgram(this.#object, name);
    if (program === null) throw new TsnctlError('NO_PROGRAM', `${this.name} has no program ${name}`);
    return new BpfProgram(duplicate(this.#lib.programFd(program)));
  }

  [Symbol.dispose](): void {
    if (this.#object !== undefined) this.#lib.close(this.#object);
    this.#object = undefined;
  }

  #map(name: string): unknown {
    const map = this.#lib.findMap(this.#object, name);
    if (map === null) throw new TsnctlError('NO_MAP', `${this.name} has no map ${name}`);
    return map;
  }

  #initialValue(section: string): Uint8Array {
    const size: [number] = [0];
    const address = this.#lib.mapInitialValue(this.#map(section), size);
    return new Uint8Array(koffi.view(address, Number(size[0])));
  }

  #check(result: number, what: string): void {
    const log = this.#lib.takeLog();
    if (result < 0) throw new SystemError('libbpf', -result, { message: `${what}: ${firstLine(log)}` });
  }
}

function duplicate(fd: number): Fd {
  return new Fd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

function loadError(name: string, errno: number, log: string): SystemError {
  const error = new SystemError('bpf', errno, { message: `${name} was not loaded: ${summary(log)}` });
  error.cause = log;
  if (!isErrno(error, 'EPERM')) return error;
  return new SystemError('bpf', errno, {
    message: `${name} was not loaded: this process may not use BPF`,
    hint: 'as root, or with the capabilities BPF, NET_ADMIN and PERFMON',
  });
}

/** The verifier's own last sentence, or libbpf's first. */
function summary(log: string): string {
  const lines = log.split('\n');
  const end = lines.findIndex((line) => line.startsWith('processed '));
  return (end > 0 ? lines[end - 1] : undefined) ?? firstLine(log);
}

function firstLine(log: string): string {
  return log.split('\n')[0]?.replace(/^libbpf: /, '') || 'no reason was given';
}
