import { TsnctlError } from '@tsnctl/codec';
import koffi from 'koffi';

type Library = ReturnType<typeof koffi.load>;

/** The functions of libbpf 1.x that are used here, bound when first needed. */
export interface Libbpf {
  openMem(bytes: Uint8Array, size: number, options: OpenOptions): unknown;
  load(object: unknown): number;
  close(object: unknown): void;
  findMap(object: unknown, name: string): unknown;
  findProgram(object: unknown, name: string): unknown;
  mapFd(map: unknown): number;
  mapReuseFd(map: unknown, fd: number): number;
  mapType(map: unknown): number;
  mapKeySize(map: unknown): number;
  mapValueSize(map: unknown): number;
  mapMaxEntries(map: unknown): number;
  mapSetMaxEntries(map: unknown, count: number): number;
  mapInitialValue(map: unknown, size: [number]): unknown;
  nextMap(object: unknown, before: unknown): unknown;
  mapName(map: unknown): string;
  mapSetPinPath(map: unknown, path: string): number;
  mapSetInnerMapFd(map: unknown, fd: number): number;
  nextProgram(object: unknown, before: unknown): unknown;
  programName(program: unknown): string;
  programSection(program: unknown): string;
  programType(program: unknown): number;
  programSetType(program: unknown, type: number): number;
  programSetAutoload(program: unknown, load: boolean): number;
  programFd(program: unknown): number;
  /** After load: as the kernel got them. */
  programInstructions(program: unknown): unknown;
  programInstructionCount(program: unknown): number | bigint;
  /** Whether this kernel has a type of programs: 1, 0, or a negative errno. By trying. */
  probeProgramType(type: number, options: null): number;
  /** libbpf's messages and the verifier's log since the last call. */
  takeLog(): string;
}

/** The first members of struct bpf_object_open_opts; libbpf takes a shorter one. `sz` is 16. */
export interface OpenOptions {
  sz: number;
  object_name: string;
}

let bound: Libbpf | undefined;

/** libbpf.so.1 of this machine; NO_LIBBPF where there is none. */
export function libbpf(): Libbpf {
  bound ??= bind();
  return bound;
}

function bind(): Libbpf {
  const so = loadLibrary();
  const log = captureLog(so);
  const openOptions = koffi.struct({ sz: 'size_t', object_name: 'const char *' });
  return {
    openMem: so.func('bpf_object__open_mem', 'void *', [
      'const void *',
      'size_t',
      koffi.pointer(openOptions),
    ]),
    load: so.func('int bpf_object__load(void *object)'),
    close: so.func('void bpf_object__close(void *object)'),
    findMap: so.func('void *bpf_object__find_map_by_name(void *object, const char *name)'),
    findProgram: so.func('void *bpf_object__find_program_by_name(void *object, const char *name)'),
    mapFd: so.func('int bpf_map__fd(void *map)'),
    mapReuseFd: so.func('int bpf_map__reuse_fd(void *map, int fd)'),
    mapType: so.func('int bpf_map__type(void *map)'),
    mapKeySize: so.func('uint32_t bpf_map__key_size(void *map)'),
    mapValueSize: so.func('uint32_t bpf_map__value_size(void *map)'),
    mapMaxEntries: so.func('uint32_t bpf_map__max_entries(void *map)'),
    mapSetMaxEntries: so.func('int bpf_map__set_max_entries(void *map, uint32_t count)'),
    mapInitialValue: so.func('void *bpf_map__initial_value(void *map, _Out_ size_t *size)'),
    nextMap: so.func('void *bpf_object__next_map(void *object, void *before)'),
    mapName: so.func('const char *bpf_map__name(void *map)'),
    mapSetPinPath: so.func('int bpf_map__set_pin_path(void *map, const char *path)'),
    mapSetInnerMapFd: so.func('int bpf_map__set_inner_map_fd(void *map, int fd)'),
    nextProgram: so.func('void *bpf_object__next_program(void *object, void *before)'),
    programName: so.func('const char *bpf_program__name(void *program)'),
    programSection: so.func('const char *bpf_program__section_name(void *program)'),
    programType: so.func('int bpf_program__type(void *program)'),
    programSetType: so.func('int bpf_program__set_type(void *program, int type)'),
    programSetAutoload: so.func('int bpf_program__set_autoload(void *program, bool load)'),
    probeProgramType: so.func('int libbpf_probe_bpf_prog_type(int type, void *options)'),
    programFd: so.func('int bpf_program__fd(void *program)'),
    programInstructions: so.func('void *bpf_program__insns(void *program)'),
    programInstructionCount: so.func('size_t bpf_program__insn_cnt(void *program)'),
    takeLog: () => log.splice(0).join(''),
  };
}

export function loadLibrary(): Library {
  try {
    return koffi.load('libbpf.so.1');
  } catch (cause) {
    throw new TsnctlError('NO_LIBBPF', 'libbpf.so.1 is not on this machine', {
      hint: 'apt-get install libbpf1 (Debian, Ubuntu) or dnf install libbpf (Fedora)',
      cause,
    });
  }
}

/** libbpf prints through a callback that gets a format and a va_list: let vsnprintf make text of them. */
function captureLog(so: Library): string[] {
  const lines: string[] = [];
  const vsnprintf = koffi
    .load('libc.so.6')
    .func('int vsnprintf(_Out_ void *text, size_t size, const char *format, void *values)');
  const proto = koffi.proto('int TsnctlLibbpfPrint(int level, const char *format, void *values)');
  const LIBBPF_DEBUG = 2;
  const text = new Uint8Array(1 << 20); // the verifier's log comes in one piece; what is longer is cut off
  const print = (level: number, format: string, values: unknown): number => {
    if (level >= LIBBPF_DEBUG) return 0;
    const length: number = vsnprintf(text, text.byteLength, format, values);
    lines.push(new TextDecoder().decode(text.subarray(0, Math.min(length, text.byteLength - 1))));
    return length;
  };
  so.func('libbpf_set_print', 'void *', [koffi.pointer(proto)])(koffi.register(print, koffi.pointer(proto)));
  return lines;
}
