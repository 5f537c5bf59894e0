import { type Btf, btfFromElf, elfSection, elfVariables, type Variable } from '@tsnctl/btf';
import { encode, TsnctlError } from '@tsnctl/codec';
import { DisposableStack, Fd, SystemError, systemCall, traceResource } from '@tsnctl/linux';
import koffi from 'koffi';
import { elementAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { type Libbpf, libbpf } from './libbpf.ts';
import { loadAgain } from './load-again.ts';
import { firstLine, loadError } from './load-error.ts';
import { BpfMap, type MapOptions } from './map.ts';
import { expectSameMap, type MapShape } from './map-shape.ts';
import { ObjectVariables, type VariableSection } from './object-variables.ts';
import { BpfProgram } from './program.ts';
import { type ProgramType, programTypes, typeOfSection } from './program-types.ts';
import { RingBuffer } from './ring-buffer.ts';

const F_DUPFD_CLOEXEC = 1030; // linux/fcntl.h
const fcntl = systemCall('int fcntl(int fd, int command, int argument)');

/** A program of an object, loaded or not. */
export interface ObjectProgram {
  readonly name: string;
  /** As in SEC("tcx/ingress"). */
  readonly section: string;
  readonly type: ProgramType | `type ${number}`;
}

/**
 * A BPF object file on its way into the kernel: `open`, set what must be set before, `load`, then take
 * its programs and maps. Those live on when the object is closed.
 *
 *     using object = BpfObject.open(readFileSync('probe.bpf.o'), 'probe');
 *     object.setConstants({ burst: 10 }).setVariables({ number: 100n }).setMaxEntries('flows', 65536).load();
 *     using program = object.program('sending');
 *     using filter = program.attachClsact({ ifindex: 1, direction: 'ingress' });
 */
export class BpfObject implements Disposable {
  readonly name: string;
  readonly #lib: Libbpf;
  readonly #elf: Uint8Array;
  #object: unknown;
  #loaded = false;
  readonly #closed: () => void;
  #btf: Btf | undefined;
  readonly #globals: ObjectVariables;

  private constructor(name: string, lib: Libbpf, elf: Uint8Array, object: unknown) {
    this.name = name;
    this.#lib = lib;
    this.#elf = elf;
    this.#object = object;
    this.#globals = new ObjectVariables({
      name,
      maps: () => this.maps(),
      variables: (section) => this.variables(section),
      sectionMap: (section) => duplicate(this.#lib.mapFd(this.#find(this.#open(), section))),
    });
    this.#closed = traceResource(`the BPF object ${name}`);
    for (const program of this.#programs()) {
      const type = this.#lib.programType(program) || typeOfSection(this.#lib.programSection(program));
      if (type) this.#lib.programSetType(program, type);
    }
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
      hint: 'an ELF file as clang -O2 -g -target bpf -c writes it',
      cause: log,
    });
  }

  /** The types of the object. @throws TsnctlError BTF_NOT_FOUND where it was compiled without -g */
  get btf(): Btf {
    this.#btf ??= btfFromElf(this.#elf);
    return this.#btf;
  }

  /** The programs, in the order of their sections. */
  programs(): ObjectProgram[] {
    return this.#programs().map((program) => {
      const type = this.#lib.programType(program);
      return {
        name: this.#lib.programName(program),
        section: this.#lib.programSection(program),
        type: programTypes[type] ?? `type ${type}`,
      };
    });
  }

  /** The maps' names; those of global variables are called after their section, as in `probe.rodata`. */
  maps(): string[] {
    return this.#all(this.#lib.nextMap).map((map) => this.#lib.mapName(map));
  }

  /** The constants and variables of a section, by the object's own BTF. */
  variables(section: VariableSection): Variable[] {
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
      const { codec, offset } = constantNamed(this.name, variables, name);
      memory.set(encode(codec, value), offset);
    }
    return this;
  }

  /**
   * Set global variables before load, by name: those with an initial value (.data) and those without (.bss).
   * @throws TsnctlError NO_VARIABLE, LOADED; CodecError for a value that does not fit
   */
  setVariables(values: Record<string, unknown>): this {
    const object = this.#beforeLoad();
    for (const [name, value] of Object.entries(values)) {
      const { section, variable } = this.#globals.place(name);
      this.#initialValue(object, section).set(encode(variable.codec, value), variable.offset);
    }
    return this;
  }

  /**
   * A global variable of the loaded object, read from the memory that it shares with the programs.
   * @throws TsnctlError NO_VARIABLE, NOT_LOADED
   */
  variable<T = unknown>(name: string): T {
    this.#afterLoad();
    return this.#globals.read(name) as T;
  }

  /** Change a global variable of the loaded object; a constant cannot be. @throws TsnctlError as `variable` */
  setVariable(name: string, value: unknown): void {
    this.#afterLoad();
    this.#globals.write(name, value);
  }

  /**
   * Pin a map at a path on a BPF file system when it is loaded; where one of its shape is pinned there, use that one.
   * @throws TsnctlError NO_MAP, LOADED
   */
  setPin(map: string, path: string): this {
    const found = this.#find(this.#beforeLoad(), map);
    this.#check(this.#lib.mapSetPinPath(found, path), `${map}: pin at ${path}`);
    return this;
  }

  /** For a map of maps: one of the kind that it will hold. @throws TsnctlError NO_MAP, LOADED; SystemError */
  setInnerMap(map: string, inner: { fd: number }): this {
    const found = this.#find(this.#beforeLoad(), map);
    this.#check(this.#lib.mapSetInnerMapFd(found, inner.fd), `${map}: set its inner map`);
    return this;
  }

  /** Leave a program out, for kernels that do not have what it needs. @throws TsnctlError NO_PROGRAM, LOADED */
  leaveOut(program: string): this {
    const found = this.#findProgram(this.#beforeLoad(), program);
    this.#check(this.#lib.programSetAutoload(found, false), `${program}: leave it out`);
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
   * @throws SystemError whose message is a summary (program, the verifier's verdict, source line), and whose `cause`
   *   is the verifier's whole log
   */
  load(): this {
    const result = this.#lib.load(this.#beforeLoad());
    const log = this.#lib.takeLog();
    if (result < 0) throw loadError(this.name, -result, log);
    this.#loaded = true;
    return this;
  }

  /** A loaded map; the caller disposes it. @throws TsnctlError NO_MAP, NOT_LOADED */
  map<Key = unknown, Value = unknown>(name: string, options: MapOptions = {}): BpfMap<Key, Value> {
    const found = this.#find(this.#afterLoad(), name);
    return new BpfMap<Key, Value>(duplicate(this.#lib.mapFd(found)), options);
  }

  /**
   * Read a loaded ring buffer; the caller disposes it. `type` names the events' type in the object's BTF; `dropped` a
   * global variable in which the programs count what they could not store.
   * @throws TsnctlError NO_MAP, NOT_LOADED, NOT_A_RINGBUF, BTF_NOT_FOUND, NO_VARIABLE
   */
  ringBuffer<Event = unknown>(
    name: string,
    { type, dropped, text }: { type?: string; dropped?: string; text?: boolean } = {},
  ): RingBuffer<Event> {
    using resources = new DisposableStack();
    const map = resources.use(this.map(name));
    const count = dropped === undefined ? undefined : resources.use(this.#globals.share(dropped));
    const ring = RingBuffer.open<Event>(map, {
      ...(type !== undefined && { type: { name: type, btf: this.btf } }),
      ...(text !== undefined && { text }),
      ...(count && { dropped: () => BigInt(count.read() as number | bigint) }),
    });
    ring.owns(resources.move());
    return ring;
  }

  /** A loaded program; the caller disposes it. @throws TsnctlError NO_PROGRAM, NOT_LOADED */
  program(name: string): BpfProgram {
    return new BpfProgram(duplicate(this.#lib.programFd(this.#findProgram(this.#afterLoad(), name))));
  }

  /**
   * A loaded program once more, with other constants; the caller disposes it. What is not named stays as it was at
   * load. A twentieth of the time of `load`, for which libbpf reads all of the kernel's types.
   * @throws TsnctlError NO_PROGRAM, NO_VARIABLE, NOT_LOADED; SystemError
   */
  programWith(name: string, constants: Record<string, unknown>): BpfProgram {
    const object = this.#afterLoad();
    const program = this.#findProgram(object, name);
    const map = this.#lib.mapFd(this.#find(object, '.rodata'));
    const count = Number(this.#lib.programInstructionCount(program));
    const instructions = new Uint8Array(
      koffi.view(this.#lib.programInstructions(program), count * 8),
    ).slice();
    const [license = ''] = new TextDecoder()
      .decode(elfSection(this.#elf, 'license') ?? new Uint8Array())
      .split('\0');
    const type = this.#lib.programType(program);
    const loaded = { name, type, license, instructions, constants: map };
    return new BpfProgram(loadAgain(loaded, this.#constantsWith(map, constants)));
  }

  #constantsWith(fd: number, values: Record<string, unknown>): Uint8Array {
    const variables = this.variables('.rodata');
    const size = this.#lib.mapValueSize(this.#find(this.#open(), '.rodata'));
    const bytes = new Uint8Array(size);
    bpf('MAP_LOOKUP_ELEM', elementAttr, { mapFd: fd, key: new Uint8Array(4), value: bytes, flags: 0n });
    for (const [name, value] of Object.entries(values)) {
      const { codec, offset } = constantNamed(this.name, variables, name);
      bytes.set(encode(codec, value), offset);
    }
    return bytes;
  }

  /** Close the object. The programs and maps that were taken from it stay. */
  [Symbol.dispose](): void {
    if (this.#object !== undefined) this.#lib.close(this.#object);
    this.#object = undefined;
    this.#closed();
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

  #findProgram(object: unknown, name: string): unknown {
    const program = this.#lib.findProgram(object, name);
    if (program !== null) return program;
    const names = this.#programs().map((candidate) => this.#lib.programName(candidate));
    throw new TsnctlError('NO_PROGRAM', `${this.name} has no program ${name}`, {
      hint: `it has: ${names.join(', ') || 'none'}`,
    });
  }

  #programs(): unknown[] {
    return this.#all(this.#lib.nextProgram);
  }

  #all(next: (object: unknown, before: unknown) => unknown): unknown[] {
    const all: unknown[] = [];
    const object = this.#open();
    for (let found = next(object, null); found !== null; found = next(object, found)) all.push(found);
    return all;
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

function constantNamed(object: string, variables: readonly Variable[], name: string): Variable {
  const variable = variables.find((candidate) => candidate.name === name);
  if (variable) return variable;
  throw new TsnctlError('NO_VARIABLE', `${object} has no constant ${name}`, {
    hint: `it has: ${variables.map((candidate) => candidate.name).join(', ') || 'none'}`,
  });
}

function duplicate(fd: number): Fd {
  return new Fd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}
