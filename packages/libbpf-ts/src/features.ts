import { release } from 'node:os';
import { TsnctlError } from '@tsnctl/codec';
import { Fd, isErrno, SystemError } from '@tsnctl/linux';
import { batchAttr, btfLoadAttr, enableStatsAttr, mapCreateAttr, tcxLinkAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { libbpf } from './libbpf.ts';
import { loadProgram } from './load-program.ts';
import { type MapType, mapTypeNumber } from './map-types.ts';
import { type ProgramType, programTypes, SCHED_CLS } from './program-types.ts';

/** What a kernel may have or not. `map:TYPE` and `program:TYPE` are types by bpftool's names. */
export type Feature = keyof typeof features | `map:${MapType}` | `program:${ProgramType}`;

/** The answer of `probe`. */
export interface Probed {
  readonly feature: Feature;
  readonly supported: boolean;
  /** The first kernel that has it, as far as it is known here. */
  readonly since: string | undefined;
}

/**
 * Whether this kernel has a feature, found by trying it; asked once. Nothing of the try remains.
 *
 *     const target = { ifindex: 1, direction: 'egress' } as const;
 *     using attached = probe('tcx').supported ? program.attachTcx(target) : program.attachClsact(target);
 *
 * @throws SystemError EPERM where this process may not even try
 */
export function probe(feature: Feature): Probed {
  const known = probed.get(feature);
  if (known) return known;
  const [kind = '', type] = feature.split(':');
  const row =
    type === undefined
      ? features[feature as keyof typeof features]
      : { since: firstKernels[feature], has: () => hasType(kind, type) };
  const result = { feature, supported: row.has(), since: row.since };
  probed.set(feature, result);
  return result;
}

/**
 * Throw where this kernel lacks a feature.
 *
 *     requireFeature('ringbuf');
 *
 * @throws TsnctlError UNSUPPORTED, which names the kernel that has it
 */
export function requireFeature(feature: Feature): void {
  const { supported: isThere, since } = probe(feature);
  if (isThere) return;
  throw new TsnctlError(
    'UNSUPPORTED',
    `this kernel (${release()}) has no ${feature.replace(':', ' type ')}`,
    {
      hint: since ? `a kernel from ${since} on, built with it` : 'a newer kernel',
    },
  );
}

/** Do something that takes a feature; where it fails for the lack of it, say so. */
export function supported<T>(feature: Feature, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOTSUPP', 'EOPNOTSUPP')) requireFeature(feature);
    throw error;
  }
}

/**
 * All that can be asked for by name alone.
 *
 *     for (const name of featureNames()) console.log(name, probe(name).supported);
 */
export function featureNames(): Feature[] {
  return Object.keys(features) as Feature[];
}

const probed = new Map<Feature, Probed>();

interface FeatureRow {
  readonly since: string;
  has(): boolean;
}

const BPF_F_MMAPABLE = 1 << 10; // linux/bpf.h
const NO_INTERFACE = 0x7fff_fff0;

const features = {
  btf: { since: '4.18', has: () => takes(() => loadBtf([...INT])) },
  btf_enum64: { since: '6.0', has: () => takes(() => loadBtf([...INT, 0, (19 << 24) | 0, 8])) },
  mmapable_array: {
    since: '5.5',
    has: () => takes(() => createMap('array', { mapFlags: BPF_F_MMAPABLE })),
  },
  ringbuf: { since: '5.8', has: () => hasType('map', 'ringbuf') },
  map_batch: { since: '5.6', has: () => hasBatch('hash') },
  percpu_array_batch: { since: '5.13', has: () => hasBatch('percpu_array') },
  run_stats: {
    since: '5.8',
    has: () => takes(() => bpf('ENABLE_STATS', enableStatsAttr, { type: 0 }).result),
  },
  bpf_loop: { since: '5.17', has: () => hasHelper(181) },
  skb_set_tstamp: { since: '5.18', has: () => hasHelper(192) },
  tcx: { since: '6.6', has: () => hasHook(46) }, // BPF_TCX_INGRESS
  netkit: { since: '6.7', has: () => hasHook(54) }, // BPF_NETKIT_PRIMARY
} satisfies Record<string, FeatureRow>;

/** The kernels that brought types of maps and programs which one may meet the lack of. */
const firstKernels: Partial<Record<Feature, string>> = {
  'map:lpm_trie': '4.11',
  'map:array_of_maps': '4.12',
  'map:hash_of_maps': '4.12',
  'map:queue': '4.20',
  'map:stack': '4.20',
  'map:sk_storage': '5.2',
  'map:devmap_hash': '5.4',
  'map:struct_ops': '5.6',
  'map:ringbuf': '5.8',
  'map:inode_storage': '5.10',
  'map:task_storage': '5.11',
  'map:bloom_filter': '5.16',
  'map:user_ringbuf': '6.1',
  'map:cgrp_storage': '6.2',
  'map:arena': '6.9',
  'map:insn_array': '6.19',
  'program:tracing': '5.5',
  'program:ext': '5.6',
  'program:lsm': '5.7',
  'program:sk_lookup': '5.9',
  'program:syscall': '5.14',
  'program:netfilter': '6.4',
};

/** What was made is closed again; EINVAL and its like mean no, EPERM is no answer. */
function takes(make: () => number): boolean {
  try {
    using _made = new Fd(make());
    return true;
  } catch (error) {
    if (!(error instanceof SystemError) || error.code === 'EPERM') throw error;
    return false;
  }
}

function hasType(kind: string, type: string): boolean {
  if (kind === 'program') {
    const answer = libbpf().probeProgramType(programTypes.indexOf(type as ProgramType), null);
    libbpf().takeLog();
    if (answer < 0)
      throw new SystemError('libbpf', -answer, { message: `programs of type ${type} cannot be probed` });
    return answer === 1;
  }
  if (type === 'array_of_maps' || type === 'hash_of_maps') {
    using inner = new Fd(createMap('array'));
    return takes(() => createMap(type, { innerMapFd: inner.number }));
  }
  return takes(() => createMap(type as MapType));
}

/** What each type takes for its smallest map; the others take 4, 4 and 1. */
const smallest: Partial<Record<MapType, Partial<ReturnType<(typeof mapCreateAttr)['read']>>>> = {
  lpm_trie: { keySize: 8, mapFlags: 1 },
  ringbuf: { keySize: 0, valueSize: 0, maxEntries: 1 << 16 },
  user_ringbuf: { keySize: 0, valueSize: 0, maxEntries: 1 << 16 },
  queue: { keySize: 0 },
  stack: { keySize: 0 },
  bloom_filter: { keySize: 0 },
  stack_trace: { valueSize: 8 },
  cgroup_storage: { keySize: 8, maxEntries: 0 },
  percpu_cgroup_storage: { keySize: 8, maxEntries: 0 },
  arena: { keySize: 0, valueSize: 0, mapFlags: BPF_F_MMAPABLE },
};

function createMap(type: MapType, more: Partial<ReturnType<(typeof mapCreateAttr)['read']>> = {}): number {
  const empty = {
    ...{ mapType: mapTypeNumber(type), keySize: 4, valueSize: 4, maxEntries: 1, mapFlags: 0, innerMapFd: 0 },
    ...{ numaNode: 0, mapName: new Array<number>(16).fill(0), mapIfindex: 0, btfFd: 0, btfKeyTypeId: 0 },
    ...{ btfValueTypeId: 0, btfVmlinuxValueTypeId: 0, mapExtra: 0n },
  };
  return bpf('MAP_CREATE', mapCreateAttr, { ...empty, ...smallest[type], ...more }).result;
}

function hasBatch(type: MapType): boolean {
  using map = new Fd(createMap(type));
  const [keys, values] = [new Uint8Array(8), new Uint8Array(1 << 16)];
  try {
    const attr = { inBatch: null, outBatch: new Uint8Array(8), keys, values, count: 1 };
    bpf('MAP_LOOKUP_BATCH', batchAttr, { ...attr, mapFd: map.number, elemFlags: 0n, flags: 0n });
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true; // nothing in it
    if (isErrno(error, 'EINVAL', 'ENOTSUPP', 'EOPNOTSUPP', 'ENOTSUP')) return false;
    throw error;
  }
}

/** `int` of 4 bytes in BTF. */
const INT = [1, 1 << 24, 4, 32];

function loadBtf(words: readonly number[]): number {
  const strings = new TextEncoder().encode('\0int\0');
  const size = words.length * 4;
  const head = new Uint32Array([0x0001_eb9f, 24, 0, size, size, strings.length, ...words]);
  const btf = new Uint8Array([...new Uint8Array(head.buffer), ...strings]);
  const log = { logBuf: null, logSize: 0, logLevel: 0 };
  return bpf('BTF_LOAD', btfLoadAttr, { btf, btfSize: btf.byteLength, ...log }).result;
}

// Instructions, struct bpf_insn in linux/bpf.h
const RETURN_0 = [0xb7, 0, 0, 0, 0, 0, 0, 0]; // r0 = 0
const EXIT = [0x95, 0, 0, 0, 0, 0, 0, 0];

function load(instructions: readonly number[], log?: Uint8Array): Fd {
  return loadProgram({
    name: 'probe',
    type: SCHED_CLS,
    license: 'GPL',
    instructions: Uint8Array.from(instructions),
    ...(log && { log }),
  });
}

/** A call without arguments is refused either way: the verifier says whether for them or for the helper. */
function hasHelper(id: number): boolean {
  const log = new Uint8Array(1 << 14);
  try {
    using _program = load([0x85, 0, 0, 0, id, 0, 0, 0, ...RETURN_0, ...EXIT], log);
    return true;
  } catch (error) {
    if (!isErrno(error, 'EINVAL', 'EACCES')) throw error;
    return !/(invalid|unknown) func/.test(new TextDecoder().decode(log.subarray(0, log.indexOf(0))));
  }
}

/** An interface that is not there is missed only by a kernel that knows the hook. */
function hasHook(attachType: number): boolean {
  using program = load([...RETURN_0, ...EXIT]);
  const attr = { progFd: program.number, targetIfindex: NO_INTERFACE, attachType, flags: 0, relativeFd: 0 };
  try {
    using _link = new Fd(bpf('LINK_CREATE', tcxLinkAttr, { ...attr, expectedRevision: 0n }).result);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENODEV')) return true;
    if (isErrno(error, 'EINVAL', 'ENOTSUPP', 'EOPNOTSUPP', 'ENOTSUP')) return false;
    throw error;
  }
}
