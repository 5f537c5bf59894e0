import { elfVariables, type Variable } from '@tsnctl/btf';
import { encode, TsnctlError } from '@tsnctl/codec';
import { Fd, SystemError, systemCall } from '@tsnctl/linux';
import koffi from 'koffi';
import { type Libbpf, libbpf } from './libbpf.ts';
import { BpfMap } from './map.ts';
import { expectSameMap, type MapShape } from './map-shape.ts';
import { BpfProgram } from './program.ts';

const EPERM = 1;
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
  #loaded = false;

  private constructor(name: string, lib: Libbpf, elf: Uint8Array, object: unknown) {
    this.name = name;
    this.#lib = lib;
    this.#elf = elf;
    this.#object = object;
  }

  /** Parse an ELF object as clang -target bpf writes it; `name` is used in messages. @throws TsnctlError BAD_OBJECT */
  static open(elf: Uint8Array, name: string): BpfObject {
    const lib = libbpf();
    const object = lib.openMem(elf, elf.byteLength, {
      sz: 16,
      object_name: name.replace(/\W/g, '_').slice(0, 15),
    });
    const log = lib.takeLog();
    if (object !== null) return new BpfObject(name, lib, elf, object);
    throw new TsnctlError('BAD_OBJECT', `${name} is not a BPF object: ${firstLine(log)}`, {
      hint: 'npm run bpf',
      cause: log,
    });
  }

  /** The constants and variables of a section, by the object's own BTF. */
  variables(section: '.rodata' | '.data' | '.bss'): Variable[] {
    return elfVariables(this.#elf, section);
  }

  /**
   * Set `const volatile` globals before load, by name; the verifier then treats them as constants.
   * @throws TsnctlError NO_VARIABLE, LOADED; CodecError for a value that does not fit
   */
  setConstants(values: Record<string, unknown>): this {
    const object = this.#beforeLoad();
    if (Object.keys(values).length === 0) return this; // an object without constants has no such section
    const variables = this.variables('.rodata');
    const memory = this.#initialValue(object, '.rodata');
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

  /** Make a map of another size than the object says. @throws TsnctlError NO_MAP, LOADED; SystemError */
  setMaxEntries(map: string, count: number): this {
    const found = this.#find(this.#beforeLoad(), map);
    this.#check(this.#lib.mapSetMaxEntries(found, count), `${map}: set ${count} entries`);
    return this;
  }

  /**
   * Use a map that exists already instead of making a new one; `map` stays the caller's.
   * @throws TsnctlError MAP_MISMATCH where it is not of the object's type and sizes; NO_MAP, LOADED
   */
  reuseMap(name: string, map: { fd: number }): this {
    const found = this.#find(this.#beforeLoad(), name);
    expectSameMap(`${this.name}: its map ${name}`, this.#shapeOf(found), map.fd);
    this.#check(this.#lib.mapReuseFd(found, map.fd), `${name}: reuse the pinned map`);
    return this;
  }

  /**
   * Make the maps and pass the programs through the verifier. Equivalent to: bpftool prog loadall
   * @throws SystemError whose message is the verifier's last sentence and whose `cause` is its whole log
   */
  load(): this {
    const result = this.#lib.load(this.#beforeLoad());
    const log = this.#lib.takeLog();
    if (result < 0) throw loadError(this.name, -result, log);
    this.#loaded = true;
    return this;
  }

  /** A loaded map; the caller disposes it. @throws TsnctlError NO_MAP, NOT_LOADED */
  map<Key = unknown, Value = unknown>(name: string): BpfMap<Key, Value> {
    const found = this.#find(this.#afterLoad(), name);
    return new BpfMap<Key, Value>(duplicate(this.#lib.mapFd(found)));
  }

  /** A loaded program; the caller disposes it. @throws TsnctlError NO_PROGRAM, NOT_LOADED */
  program(name: string): BpfProgram {
    const program = this.#lib.findProgram(this.#afterLoad(), name);
    if (program === null) throw new TsnctlError('NO_PROGRAM', `${this.name} has no program ${name}`);
    return new BpfProgram(duplicate(this.#lib.programFd(program)));
  }

  /** Close the object. The programs and maps that were taken from it stay. */
  [Symbol.dispose](): void {
    if (this.#object !== undefined) this.#lib.close(this.#object);
    this.#object = undefined;
  }

  // libbpf ignores some changes after load, and dies of a NULL object.
  #beforeLoad(): unknown {
    if (this.#loaded) throw new TsnctlError('LOADED', `${this.name} is loaded already`);
    return this.#open();
  }

  #afterLoad(): unknown {
    if (!this.#loaded) throw new TsnctlError('NOT_LOADED', `${this.name} is not loaded yet`);
    return this.#open();
  }

  #open(): unknown {
    if (this.#object === undefined) throw new TsnctlError('CLOSED', `${this.name} is closed`);
    return this.#object;
  }

  #find(object: unknown, name: string): unknown {
    const map = this.#lib.findMap(object, name);
    if (map === null) throw new TsnctlError('NO_MAP', `${this.name} has no map ${name}`);
    return map;
  }

  #shapeOf(map: unknown): MapShape {
    return {
      type: this.#lib.mapType(map),
      keySize: this.#lib.mapKeySize(map),
      valueSize: this.#lib.mapValueSize(map),
      maxEntries: this.#lib.mapMaxEntries(map),
    };
  }

  /** libbpf's own memory, valid until the object is loaded or closed. */
  #initialValue(object: unknown, section: string): Uint8Array {
    const size: [number] = [0];
    const address = this.#lib.mapInitialValue(this.#find(object, section), size);
    return new Uint8Array(koffi.view(address, Number(size[0])));
  }

  #check(result: number, what: string): void {
    const log = this.#lib.takeLog();
    if (result >= 0) return;
    const reason = log === '' ? new SystemError('libbpf', -result).message : firstLine(log);
    throw new SystemError('libbpf', -result, { message: `${what}: ${reason}` });
  }
}

function duplicate(fd: number): Fd {
  return new Fd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

function loadError(name: string, errno: number, log: string): SystemError {
  const verdict = verifierSentence(log);
  if (errno === EPERM && verdict === undefined) {
    return new SystemError('bpf', errno, {
      message: `${name} was not loaded: this process may not use BPF`,
      hint: 'as root, or with the capabilities BPF, NET_ADMIN and PERFMON',
      cause: log,
    });
  }
  return new SystemError('bpf', errno, {
    message: `${name} was not loaded: ${verdict ?? firstLine(log)}`,
    cause: log,
  });
}

/** What the verifier said last, before its statistics. */
function verifierSentence(log: string): string | undefined {
  const lines = log.split('\n');
  const end = lines.findIndex((line) => line.startsWith('processed '));
  return end > 0 ? lines[end - 1] : undefined;
}

function firstLine(log: string): string {
  return log.split('\n')[0]?.replace(/^libbpf: /, '') || 'no reason was given';
}
