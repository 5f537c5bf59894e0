/** A map's type by name, as bpftool spells it: enum bpf_map_type in linux/bpf.h. */
export type MapType = (typeof mapTypes)[number]['name'];

/** How a map is walked: `batch` by the kernel, many entries a call; `index` from 0 on; `keys` from one to the next. */
type Walk = 'batch' | 'index' | 'keys' | 'none';

interface MapTraits {
  readonly name: string;
  readonly walk: Walk;
  readonly perCpu?: boolean;
  /** It is there from the first index to the last. */
  readonly isArray?: boolean;
  /** Its values are written as descriptors and read as ids. */
  readonly holds?: 'program' | 'map';
}

const mapTypes = [
  { name: 'unspec', walk: 'none' },
  { name: 'hash', walk: 'batch' },
  { name: 'array', walk: 'index', isArray: true },
  { name: 'prog_array', walk: 'index', holds: 'program' },
  { name: 'perf_event_array', walk: 'none' },
  { name: 'percpu_hash', walk: 'batch', perCpu: true },
  { name: 'percpu_array', walk: 'index', isArray: true, perCpu: true },
  { name: 'stack_trace', walk: 'keys' },
  { name: 'cgroup_array', walk: 'none' },
  { name: 'lru_hash', walk: 'batch' },
  { name: 'lru_percpu_hash', walk: 'batch', perCpu: true },
  { name: 'lpm_trie', walk: 'keys' },
  { name: 'array_of_maps', walk: 'index', holds: 'map' },
  { name: 'hash_of_maps', walk: 'keys', holds: 'map' },
  { name: 'devmap', walk: 'index' },
  { name: 'sockmap', walk: 'index' },
  { name: 'cpumap', walk: 'index' },
  { name: 'xskmap', walk: 'index' },
  { name: 'sockhash', walk: 'keys' },
  { name: 'cgroup_storage', walk: 'keys' },
  { name: 'reuseport_sockarray', walk: 'index' },
  { name: 'percpu_cgroup_storage', walk: 'keys', perCpu: true },
  { name: 'queue', walk: 'none' },
  { name: 'stack', walk: 'none' },
  { name: 'sk_storage', walk: 'none' },
  { name: 'devmap_hash', walk: 'keys' },
  { name: 'struct_ops', walk: 'index' },
  { name: 'ringbuf', walk: 'none' },
  { name: 'inode_storage', walk: 'none' },
  { name: 'task_storage', walk: 'none' },
  { name: 'bloom_filter', walk: 'none' },
  { name: 'user_ringbuf', walk: 'none' },
  { name: 'cgrp_storage', walk: 'none' },
  { name: 'arena', walk: 'none' },
  { name: 'insn_array', walk: 'index' },
] as const satisfies readonly MapTraits[];

/** What is special about a type, by its number; a type to come is walked from key to key. */
export function traitsOf(type: number): MapTraits {
  return mapTypes[type] ?? { name: `type ${type}`, walk: 'keys' };
}

/** The number of a type that is named. */
export function mapTypeNumber(name: MapType): number {
  return mapTypes.findIndex((type) => type.name === name);
}

export type { MapTraits, Walk };
