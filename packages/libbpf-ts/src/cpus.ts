import { readFileSync } from 'node:fs';

/**
 * How many CPUs this machine can have, which is how many values a per-CPU map holds for each key. `text` is a
 * list such as `0-3` or `0,2-5`: the CPUs in it are counted, as the kernel does, gaps are not.
 */
export function possibleCpus(
  text: string = readFileSync('/sys/devices/system/cpu/possible', 'utf8'),
): number {
  return text
    .trim()
    .split(',')
    .map((range) => range.split('-').map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
}
