import { TsnctlError } from '@tsnctl/codec';
import { Fd, SystemError, systemCall, traceResource } from '@tsnctl/linux';
import koffi from 'koffi';
import { type Libbpf, libbpf } from './libbpf.ts';
import { firstLine, loadError } from './load-error.ts';

const F_DUPFD_CLOEXEC = 1030; // linux/fcntl.h
const ENOMEM = 12; // asm-generic/errno-base.h
const fcntl = systemCall('int fcntl(int fd, int command, int argument)');

/**
 * A `struct bpf_object` of libbpf: whether it is loaded, and its programs and maps by name, as the pointers that
 * `lib` takes. libbpf ignores some changes after load, and dies of a NULL object: so each way to it asks first.
 */
export class LibbpfObject implements Disposable {
  readonly name: string;
  readonly lib: Libbpf;
  #object: unknown;
  #loaded = false;
  readonly #closed: () => void;

  private constructor(name: string, lib: Libbpf, object: unknown) {
    this.name = name;
    this.lib = lib;
    this.#object = object;
    this.#closed = traceResource(`the BPF object ${name}`);
  }

  /** @throws TsnctlError BAD_OBJECT, SystemError ENOMEM */
  static open(elf: Uint8Array, name: string): LibbpfObject {
    const lib = libbpf();
    const object = lib.openMem(elf, elf.byteLength, {
      sz: 16,
      object_name: name.replace(/\W/g, '_').slice(0, 15),
    });
    const errno = koffi.errno();
    const log = lib.takeLog();
    if (object !== null) return new LibbpfObject(name, lib, object);
    if (errno === ENOMEM) throw noMemory(name, log);
    throw new TsnctlError('BAD_OBJECT', `${name} is not a BPF object: ${firstLine(log)}`, {
      hint: 'an ELF file as clang -O2 -g -target bpf -c writes it',
      cause: log,
    });
  }

  /** @throws SystemError as BpfObject.load */
  load(): void {
    const result = this.beforeLoad().lib.load(this.#object);
    const log = this.lib.takeLog();
    if (result < 0) throw loadError(this.name, -result, log);
    this.#loaded = true;
  }

  /** @throws TsnctlError LOADED, CLOSED */
  beforeLoad(): this {
    if (this.#loaded)
      throw new TsnctlError('LOADED', `${this.name} is loaded already`, {
        hint: 'open it once more, and set what is to be set before load',
      });
    this.#open();
    return this;
  }

  /** @throws TsnctlError NOT_LOADED, CLOSED */
  afterLoad(): this {
    if (!this.#loaded)
      throw new TsnctlError('NOT_LOADED', `${this.name} is not loaded yet`, { hint: 'load it first' });
    this.#open();
    return this;
  }

  programs(): unknown[] {
    return this.#all(this.lib.nextProgram);
  }

  maps(): unknown[] {
    return this.#all(this.lib.nextMap);
  }

  /** @throws TsnctlError NO_PROGRAM */
  program(name: string): unknown {
    const program = this.lib.findProgram(this.#open(), name);
    if (program !== null) return program;
    const names = this.programs().map((candidate) => this.lib.programName(candidate));
    throw new TsnctlError('NO_PROGRAM', `${this.name} has no program ${name}`, {
      hint: `it has: ${names.join(', ') || 'none'}`,
    });
  }

  /** @throws TsnctlError NO_MAP */
  map(name: string): unknown {
    const map = this.lib.findMap(this.#open(), name);
    if (map !== null) return map;
    const names = this.maps().map((candidate) => this.lib.mapName(candidate));
    throw new TsnctlError('NO_MAP', `${this.name} has no map ${name}`, {
      hint: `it has: ${names.join(', ') || 'none'}`,
    });
  }

  /** A descriptor of a loaded program, the caller's own. @throws TsnctlError NO_PROGRAM, NOT_LOADED */
  programFd(name: string): Fd {
    return duplicate(this.lib.programFd(this.afterLoad().program(name)));
  }

  /** A descriptor of a loaded map, the caller's own. @throws TsnctlError NO_MAP, NOT_LOADED */
  mapFd(name: string): Fd {
    return duplicate(this.lib.mapFd(this.afterLoad().map(name)));
  }

  /** What a section of global variables begins with: libbpf's own memory, valid until the object is loaded or closed. */
  initialValue(section: string): Uint8Array {
    const size: [number] = [0];
    const address = this.lib.mapInitialValue(this.beforeLoad().map(section), size);
    return new Uint8Array(koffi.view(address, Number(size[0])));
  }

  /** Of a call that answered with an errno or 0. @throws SystemError with libbpf's own words */
  check(result: number, what: string): void {
    const log = this.lib.takeLog();
    if (result >= 0) return;
    const reason = log === '' ? new SystemError('libbpf', -result).message : firstLine(log);
    throw new SystemError('libbpf', -result, { message: `${what}: ${reason}` });
  }

  [Symbol.dispose](): void {
    if (this.#object !== undefined) this.lib.close(this.#object);
    this.#object = undefined;
    this.#closed();
  }

  #open(): unknown {
    if (this.#object === undefined) throw new TsnctlError('CLOSED', `${this.name} is closed`);
    return this.#object;
  }

  #all(next: (object: unknown, before: unknown) => unknown): unknown[] {
    const all: unknown[] = [];
    const object = this.#open();
    for (let found = next(object, null); found !== null; found = next(object, found)) all.push(found);
    return all;
  }
}

function duplicate(fd: number): Fd {
  return new Fd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

function noMemory(name: string, log: string): SystemError {
  return new SystemError('bpf_object__open_mem', ENOMEM, {
    message: `${name} was not opened: not enough memory`,
    hint: 'again when this process can have more: its control group, or ulimit -v, may limit it',
    cause: log,
  });
}
