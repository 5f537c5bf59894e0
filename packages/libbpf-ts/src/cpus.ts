import { readFileSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';

/**
 * How many CPUs this machine can have, which is how many values a per-CPU map holds for each key. `text` is a
 * list such as `0-3` or `0,2-5`: the CPUs in it are counted, as the kernel does, gaps are not.
 *
 *     possibleCpus('0,2-5'); // 5
 *
 * @throws TsnctlError BAD_CPU_LIST
 */
export function possibleCpus(
  text: string = readFileSync('/sys/devices/system/cpu/possible', 'utf8'),
): number {
  return text
    .trim()
    .split(',')
    .map((range) => {
      const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range);
      const first = Number(match?.[1]);
      const count = Number(match?.[2] ?? first) - first + 1;
      if (count >= 1) return count;
      throw new TsnctlError('BAD_CPU_LIST', `"${text.trim()}" is not a list of CPUs: "${range}"`);
    })
    .reduce((sum, count) => sum + count, 0);
}
