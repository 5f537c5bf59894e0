/** How the values of a map lie in the buffers that go to the kernel and back. */
export interface MapLayout {
  readonly isArray: boolean;
  /** How many values a key has: 1, or one per possible CPU. */
  readonly copies: number;
  /** From one copy to the next, in bytes. */
  readonly stride: number;
}

// enum bpf_map_type in linux/bpf.h
const ARRAY = 2;
const PERCPU_HASH = 5;
const PERCPU_ARRAY = 6;
const LRU_PERCPU_HASH = 10;

/** Per-CPU values are rounded up to 8 bytes each, even where there is but one CPU. */
export function mapLayout(type: number, valueSize: number, cpus: number): MapLayout {
  const perCpu = type === PERCPU_HASH || type === PERCPU_ARRAY || type === LRU_PERCPU_HASH;
  return {
    isArray: type === ARRAY || type === PERCPU_ARRAY,
    copies: perCpu ? cpus : 1,
    stride: perCpu ? Math.ceil(valueSize / 8) * 8 : valueSize,
  };
}
