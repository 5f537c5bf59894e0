import { btfFromElf, codecFor, readerFor } from '@tsnctl/btf';
import { decode } from '@tsnctl/codec';
import { compared, type Pair } from '@tsnctl/lab';
import { testObject } from '../../../libbpf-ts/test/objects.ts';
import type { Measure } from '../run-bench.ts';

/** A value of a small struct: by the code that is made for its type, beside its codec. */
export const read: Measure = ({ quick }) => {
  const btf = btfFromElf(testObject('bench'));
  const id = btf.find('counters', 'struct');
  const [codec, read] = [codecFor(btf, id), readerFor(btf, id)];
  const bytes = new Uint8Array(codec.size).fill(1);
  const view = new DataView(bytes.buffer);
  const pairs: Pair[] = [];
  const [rounds, calls] = quick ? [11, 50_000] : [41, 200_000];
  for (let round = 0; round < rounds; round++) {
    const against = ns(calls, () => decode(codec, bytes));
    const value = ns(calls, () => read(view, 0));
    if (round > 1) pairs.push({ value, against });
  }
  return [compared('read/struct-of-5', 'ns', pairs)];
};

function ns(calls: number, call: () => unknown): number {
  const before = performance.now();
  for (let n = 0; n < calls; n++) call();
  return ((performance.now() - before) * 1e6) / calls;
}
