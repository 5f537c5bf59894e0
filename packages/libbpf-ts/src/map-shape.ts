import { TsnctlError } from '@tsnctl/codec';
import { mapInfo } from './attr.ts';
import { kindOf, objectInfo } from './info.ts';

/** What must be the same for one map to stand in for another. `type` is of enum bpf_map_type. */
export interface MapShape {
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
}

/** libbpf takes whatever it is given, be it no map at all. `who` begins the message: `gate: its map pods`. */
export function expectSameMap(who: string, wanted: MapShape, fd: number): void {
  if (kindOf(fd) !== 'map') throw new TsnctlError('MAP_MISMATCH', `${who} cannot be what is no BPF map`);
  const found = objectInfo(fd, mapInfo);
  for (const [field, words] of Object.entries(shapeWords) as [keyof MapShape, string][]) {
    if (found[field] === wanted[field]) continue;
    throw new TsnctlError(
      'MAP_MISMATCH',
      `${who} cannot be one with ${words} ${found[field]}: it needs ${wanted[field]}`,
      { hint: `bpftool map show id ${found.id}; it comes from another version or another program` },
    );
  }
}

const shapeWords: Record<keyof MapShape, string> = {
  type: 'type',
  keySize: 'a key size of',
  valueSize: 'a value size of',
  maxEntries: 'a number of entries of',
};
