import { traitsOf, type Walk } from './map-types.ts';

/** How the values of a map lie in the buffers that go to the kernel and back. */
export interface MapLayout {
  readonly isArray: boolean;
  readonly walk: Walk;
  readonly keySize: number;
  readonly valueSize: number;
  /** How many values a key has: 1, or one per possible CPU. */
  readonly copies: number;
  /** From one copy to the next, in bytes. */
  readonly stride: number;
}

/** Per-CPU values are rounded up to 8 bytes each, even where there is but one CPU. */
export function mapLayout(
  { type, keySize, valueSize }: { type: number; keySize: number; valueSize: number },
  cpus: number,
): MapLayout {
  const { perCpu = false, isArray = false, walk } = traitsOf(type);
  return {
    isArray,
    walk,
    keySize,
    valueSize,
    copies: perCpu ? cpus : 1,
    stride: perCpu ? Math.ceil(valueSize / 8) * 8 : valueSize,
  };
}
