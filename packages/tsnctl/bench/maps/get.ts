import { compared, type Pair } from '@tsnctl/lab';
import { addressOf } from '@tsnctl/linux';
import koffi from 'koffi';
import type { Measure } from '../run-bench.ts';
import { type Counters, loadBench } from './stage.ts';

/** Of what the bare system call through koffi takes, with attributes laid out once and nothing decoded. */
const GOAL = 1.5;
const ENTRIES = 1024;
const NR_BPF = { x64: 321, arm64: 280 }[process.arch as 'x64'];
const BPF_MAP_LOOKUP_ELEM = 1;

/** One element of an array, decoded. */
export const get: Measure = ({ quick }) => {
  using object = loadBench({});
  using map = object.map<number, Counters>('table');
  const lookup = bareLookup(map.fd);
  const pairs: Pair[] = [];
  let sum = 0;
  const [rounds, calls] = quick ? [21, 5_000] : [101, 10_000];
  for (let round = 0; round < rounds; round++) {
    const against = ns(calls, (n) => lookup(n % ENTRIES));
    const value = ns(calls, (n) => {
      sum += map.get(n % ENTRIES)?.priority ?? 0;
    });
    if (round > 2) pairs.push({ value, against });
  }
  if (sum !== 0) throw new Error('an empty map has something in it');
  return [compared('get/array', 'ns', pairs, GOAL)];
};

function bareLookup(mapFd: number): (index: number) => number {
  const syscall = koffi
    .load('libc.so.6')
    .func('long syscall(long number, int command, _Inout_ void *attr, uint32_t size)');
  const [attr, key, value] = [32, 4, 32].map((size) => new Uint8Array(new ArrayBuffer(size))) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const view = new DataView(attr.buffer);
  view.setUint32(0, mapFd, true);
  view.setBigUint64(8, addressOf(key), true);
  view.setBigUint64(16, addressOf(value), true);
  const keyView = new DataView(key.buffer);
  return (index) => {
    keyView.setUint32(0, index, true);
    syscall(NR_BPF, BPF_MAP_LOOKUP_ELEM, attr, attr.byteLength);
    return value[24] ?? 0; // which also keeps it alive
  };
}

function ns(calls: number, call: (n: number) => unknown): number {
  const before = performance.now();
  for (let n = 0; n < calls; n++) call(n);
  return ((performance.now() - before) * 1e6) / calls;
}
