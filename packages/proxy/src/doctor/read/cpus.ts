import { readFileSync } from 'node:fs';
import type { CpuFacts } from '../node-facts.ts';

export function readCpus(root = '/sys/devices/system/cpu'): CpuFacts {
  const read = (name: string) => readFileSync(`${root}/${name}`, 'utf8').trim();
  return { online: read('online'), isolated: read('isolated') };
}
