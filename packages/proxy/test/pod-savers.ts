import { isErrno } from '@tsnctl/linux';
import { BpfMap, BpfProgram } from 'libbpf-ts';
import type { MetadataProxy } from '../src/metadata-proxy.ts';

/** Ids of the programs for the inside of pods of this namespace that are loaded now, attached or not. */
export function podSavers({ pins }: Pick<MetadataProxy, 'pins'>): number[] {
  using counters = BpfMap.pinned(pins.table('pod_counters'));
  const { id: table } = counters.info;
  return [...BpfProgram.ids()].filter((id) => {
    try {
      using program = BpfProgram.fromId(id);
      const { name, mapIds } = program.describe();
      return name === 'pod_saver' && mapIds.includes(table);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false; // somebody else's, gone just now
      throw error;
    }
  });
}
