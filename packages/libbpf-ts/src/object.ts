import { type Btf, btfFromElf, elfSection, elfVariables, type Variable } from '@tsnctl/btf';
import { encode } from '@tsnctl/codec';
import { DisposableStack } from '@tsnctl/linux';
import koffi from 'koffi';
import { elementAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { LibbpfObject } from './libbpf-object.ts';
import { loadAgain } from './load-again.ts';
import { BpfMap, type MapOptions } from './map.ts';
import { expectSameMap } from './map-shape.ts';
import { ObjectVariables, type VariableSection, writeConstants } from './object-variables.ts';
import { BpfProgram } from './program.ts';
import { type ProgramType, programTypes, typeOfSection } from './program-types.ts';
import { RingBuffer } from './ring-buffer.ts';

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
  readonly #elf: Uint8Array;
  readonly #object: LibbpfObject;
  readonly #globals: ObjectVariables;
  #btf: Btf | undefined;
  #rodata: readonly Variable[] | undefined;
  #license: string | undefined;

  private constructor(elf: Uint8Array, object: LibbpfObject) {
    this.#elf = elf;
    this.#object = object;
    this.#globals = new ObjectVariables({
      name: object.name,
      maps: () => this.maps(),
      variables: (section) => this.variables(section),
      sectionMap: (section) => object.mapFd(section),
    });
    const { lib } = object;
    for (const program of object.programs()) {
      const type = lib.programType(program) || typeOfSection(lib.programSection(program));
      if (type) lib.programSetType(program, type);
    }
  }

  /** Parse an ELF object as clang -target bpf writes it; `name` is used in messages. @throws TsnctlError BAD_OBJECT */
  static open(elf: Uint8Array, name: string): BpfObject {
    return new BpfObject(elf, LibbpfObject.open(elf, name));
  }

  /** As it was opened under. */
  get name(): string {
    return this.#object.name;
  }

  /** The types of the object. @throws TsnctlError BTF_NOT_FOUND where it was compiled without -g */
  get btf(): Btf {
    this.#btf ??= btfFromElf(this.#elf);
    return this.#btf;
  }

  /** The programs, in the order of their sections. */
  programs(): ObjectProgram[] {
    const { lib } = this.#object;
    return this.#object.programs().map((program) => {
      const type = lib.programType(program);
      return {
        name: lib.programName(program),
        section: lib.programSection(program),
        type: programTypes[type] ?? `type ${type}`,
      };
    });
  }

  /** The maps' names; those of global variables are called after their section, as in `probe.rodata`. */
  maps(): string[] {
    return this.#object.maps().map((map) => this.#object.lib.mapName(map));
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
    this.#object.beforeLoad();
    if (Object.keys(values).length === 0) return this; // an object without constants has no such section
    writeConstants(this.name, this.variables('.rodata'), this.#object.initialValue('.rodata'), values);
    return this;
  }

  /**
   * Set global variables before load, by name: those with an initial value (.data) and those without (.bss).
   * @throws TsnctlError NO_VARIABLE, LOADED; CodecError for a value that does not fit
   */
  setVariables(values: Record<string, unknown>): this {
    this.#object.beforeLoad();
    for (const [name, value] of Object.entries(values)) {
      const { section, variable } = this.#globals.place(name);
      this.#object.initialValue(section).set(encode(variable.codec, value), variable.offset);
    }
    return this;
  }

  /**
   * A global variable of the loaded object, read from the memory that it shares with the programs.
   * @throws TsnctlError NO_VARIABLE, NOT_LOADED
   */
  variable<T = unknown>(name: string): T {
    this.#object.afterLoad();
    return this.#globals.read(name) as T;
  }

  /** Change a global variable of the loaded object; a constant cannot be. @throws TsnctlError as `variable` */
  setVariable(name: string, value: unknown): void {
    this.#object.afterLoad();
    this.#globals.write(name, value);
  }

  /**
   * Pin a map at a path on a BPF file system when it is loaded; where one of its shape is pinned there, use that one.
   * @throws TsnctlError NO_MAP, LOADED
   */
  setPin(map: string, path: string): this {
    const { lib } = this.#object;
    const found = this.#object.beforeLoad().map(map);
    this.#object.check(lib.mapSetPinPath(found, path), `${map}: pin at ${path}`);
    return this;
  }

  /** For a map of maps: one of the kind that it will hold. @throws TsnctlError NO_MAP, LOADED; SystemError */
  setInnerMap(map: string, inner: { fd: number }): this {
    const { lib } = this.#object;
    const found = this.#object.beforeLoad().map(map);
    this.#object.check(lib.mapSetInnerMapFd(found, inner.fd), `${map}: set its inner map`);
    return this;
  }

  /** Leave a program out, for kernels that do not have what it needs. @throws TsnctlError NO_PROGRAM, LOADED */
  leaveOut(program: string): this {
    const { lib } = this.#object;
    const found = this.#object.beforeLoad().program(program);
    this.#object.check(lib.programSetAutoload(found, false), `${program}: leave it out`);
    return this;
  }

  /** Make a map of another size than the object says. @throws TsnctlError NO_MAP, LOADED; SystemError */
  setMaxEntries(map: string, count: number): this {
    const { lib } = this.#object;
    const found = this.#object.beforeLoad().map(map);
    this.#object.check(lib.mapSetMaxEntries(found, count), `${map}: set ${count} entries`);
    return this;
  }

  /**
   * Use a map that exists already instead of making a new one; `map` stays the caller's.
   * @throws TsnctlError MAP_MISMATCH where it is not of the object's type and sizes; NO_MAP, LOADED
   */
  reuseMap(name: string, map: { fd: number }): this {
    const { lib } = this.#object;
    const found = this.#object.beforeLoad().map(name);
    const wanted = {
      type: lib.mapType(found),
      keySize: lib.mapKeySize(found),
      valueSize: lib.mapValueSize(found),
      maxEntries: lib.mapMaxEntries(found),
    };
    expectSameMap(`${this.name}: its map ${name}`, wanted, map.fd);
    this.#object.check(lib.mapReuseFd(found, map.fd), `${name}: reuse the pinned map`);
    return this;
  }

  /**
   * Make the maps and pass the programs through the verifier. Equivalent to: bpftool prog loadall
   * @throws SystemError whose message is a summary (program, the verifier's verdict, source line), and whose `cause`
   *   is the verifier's whole log
   */
  load(): this {
    this.#object.load();
    return this;
  }

  /** A loaded map; the caller disposes it. @throws TsnctlError NO_MAP, NOT_LOADED */
  map<Key = unknown, Value = unknown>(name: string, options: MapOptions = {}): BpfMap<Key, Value> {
    return new BpfMap<Key, Value>(this.#object.mapFd(name), options);
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
    return new BpfProgram(this.#object.programFd(name));
  }

  /**
   * A loaded program once more, with other constants; the caller disposes it. What is not named stays as it was at
   * load. A twentieth of the time of `load`, for which libbpf reads all of the kernel's types.
   * @throws TsnctlError NO_PROGRAM, NO_VARIABLE, NOT_LOADED; SystemError
   */
  programWith(name: string, constants: Record<string, unknown>): BpfProgram {
    const { lib } = this.#object.afterLoad();
    const program = this.#object.program(name);
    const map = this.#object.map('.rodata');
    this.#license ??= readLicense(this.#elf);
    this.#rodata ??= this.variables('.rodata');
    const bytes = Number(lib.programInstructionCount(program)) * 8;
    const loaded = {
      name,
      type: lib.programType(program),
      license: this.#license,
      instructions: new Uint8Array(koffi.view(lib.programInstructions(program), bytes)).slice(),
      constants: lib.mapFd(map),
    };
    const memory = sectionBytes(loaded.constants, lib.mapValueSize(map));
    writeConstants(this.name, this.#rodata, memory, constants);
    return new BpfProgram(loadAgain(loaded, memory));
  }

  /** Close the object. The programs and maps that were taken from it stay. */
  [Symbol.dispose](): void {
    this.#object[Symbol.dispose]();
  }
}

/** The one value of a section's map. */
function sectionBytes(mapFd: number, size: number): Uint8Array {
  const value = new Uint8Array(size);
  bpf('MAP_LOOKUP_ELEM', elementAttr, { mapFd, key: new Uint8Array(4), value, flags: 0n });
  return value;
}

function readLicense(elf: Uint8Array): string {
  const [license = ''] = new TextDecoder().decode(elfSection(elf, 'license') ?? new Uint8Array()).split('\0');
  return license;
}
