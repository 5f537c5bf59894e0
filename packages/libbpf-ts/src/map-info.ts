import { mapInfo } from './attr.ts';
import { objectInfo } from './info.ts';
import { kernelName } from './kernel-name.ts';
import { traitsOf } from './map-types.ts';

/** What the kernel says of a map, in its own numbers. */
export type MapInfo = ReturnType<(typeof mapInfo)['read']>;

/** What the kernel says of a map. */
export interface BpfMapInfo {
  readonly id: number;
  /** As bpftool spells it: `lru_hash`. */
  readonly type: string;
  /** At most 15 characters. */
  readonly name: string;
  /** In bytes; of a value on one CPU. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* of linux/bpf.h. */
  readonly flags: number;
  /** 0 where the map was made without. */
  readonly btfId: number;
}

export function readMapInfo(fd: number): MapInfo {
  return objectInfo(fd, mapInfo);
}

export function describeMap(info: MapInfo): BpfMapInfo {
  const { id, keySize, valueSize, maxEntries, flags, btfId } = info;
  const { name: type } = traitsOf(info.type);
  return { id, type, name: kernelName(info.name), keySize, valueSize, maxEntries, flags, btfId };
}
