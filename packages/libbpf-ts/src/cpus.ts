import { readFileSync } from 'node:fs';

/** How many CPUs this machine can have, which is how many values a per-CPU map holds for each key. */
export function possibleCpus(
  text: string = readFileSync('/sys/devices/system/cpu/possible', 'utf8'),
): number {
  const last = text.trim().split(/[-,]/).at(-1);
  return Number(last) + 1;
}
