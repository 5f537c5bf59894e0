import { isErrno, systemCall } from '@tsnctl/linux';

const NR_BPF = process.arch === 'arm64' ? 280 : 321; // asm/unistd.h
const GET_NEXT_ID = { program: 11, map: 12, link: 31 } as const; // enum bpf_cmd, linux/bpf.h

const syscall = systemCall('long syscall(long number, int command, _Inout_ void *attr, uint32_t size)');

/** `program 12`, `map 7`, `link 3`: every BPF object of this machine. */
function bpfObjects(): Set<string> {
  const kinds = Object.keys(GET_NEXT_ID) as (keyof typeof GET_NEXT_ID)[];
  return new Set(kinds.flatMap((kind) => ids(kind).map((id) => `${kind} ${id}`)));
}

function ids(kind: keyof typeof GET_NEXT_ID): number[] {
  const found: number[] = [];
  const attr = new Uint32Array(4); // start_id, next_id, open_flags
  try {
    for (;;) {
      attr[0] = found.at(-1) ?? 0;
      syscall(NR_BPF, GET_NEXT_ID[kind], attr, attr.byteLength);
      found.push(attr[1] ?? 0);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return found;
    throw error;
  }
}

/** Those of `objects` that are still there: the kernel frees them after a grace period. */
export async function notFreed(objects: Iterable<string>, withinMs = 5_000): Promise<string[]> {
  for (const end = Date.now() + withinMs; ; ) {
    const now = bpfObjects();
    const left = [...objects].filter((id) => now.has(id));
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
