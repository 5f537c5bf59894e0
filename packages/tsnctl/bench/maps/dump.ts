import { execFileSync } from 'node:child_process';
import { compared, type Figure, type Pair } from '@tsnctl/lab';
import type { BpfMap } from 'libbpf-ts';
import type { Measure } from '../run-bench.ts';
import { type Counters, type Flow, filledFlows, loadBench } from './stage.ts';

/** Of what `bpftool -j map dump` and JSON.parse take: a fifth as objects, an eighth as views of the bytes. */
const GOAL_OBJECTS = 1 / 5;
const GOAL_RAW = 1 / 8;

/** Dumps of whole maps, nanoseconds for an entry. */
export const dump: Measure = ({ quick }) => {
  const sizes = quick
    ? [{ count: 100_000, rounds: 3 }]
    : [
        { count: 100_000, rounds: 7 },
        { count: 1_000_000, rounds: 3 },
      ];
  return sizes.flatMap(({ count, rounds }) => dumps(count, rounds));
};

function dumps(count: number, rounds: number): Figure[] {
  using object = loadBench({ flows: count });
  using map = filledFlows(object, count);
  const objects: Pair[] = [];
  const raw: Pair[] = [];
  for (let round = 0; round <= rounds; round++) {
    const against = bpftoolNs(map.info.id, count);
    const pair = { objects: objectsNs(map, count), raw: rawNs(map, count) };
    if (round === 0) continue; // V8 has not seen the loops yet
    objects.push({ value: pair.objects, against });
    raw.push({ value: pair.raw, against });
  }
  const name = `dump/${count / 1000}k`;
  return [
    compared(`${name}/objects`, 'ns', objects, GOAL_OBJECTS),
    compared(`${name}/views`, 'ns', raw, GOAL_RAW),
  ];
}

function objectsNs(map: BpfMap<Flow, Counters>, count: number): number {
  let sum = 0;
  return perEntry(count, () => {
    for (const [{ port }, { priority }] of map) sum += port + priority;
    return sum;
  });
}

function rawNs(map: BpfMap<Flow, Counters>, count: number): number {
  return perEntry(count, () => {
    let sum = 0;
    for (const { count: found, keys, values, keySize, valueStride } of map.batches()) {
      for (let at = 0; at < found; at++) {
        const key = keys.subarray(at * keySize, (at + 1) * keySize);
        const value = values.subarray(at * valueStride, (at + 1) * valueStride);
        sum += (key[0] ?? 0) + (value[24] ?? 0);
      }
    }
    return sum;
  });
}

/**
 * In a process of its own, so that what JSON.parse leaves behind is not cleared away at our cost; only the dump and
 * the parsing are counted.
 */
function bpftoolNs(id: number, count: number): number {
  const program = `
    const { execFileSync } = require('node:child_process');
    const before = process.hrtime.bigint();
    const text = execFileSync('bpftool', ['-j', 'map', 'dump', 'id', '${id}'], { maxBuffer: 2 ** 31 });
    const entries = JSON.parse(text.toString('latin1'));
    console.log(entries.length, String(process.hrtime.bigint() - before));`;
  const options = ['--max-old-space-size=6144', '-e', program];
  const [found, ns] = execFileSync(process.execPath, options, { encoding: 'utf8' })
    .trim()
    .split(' ')
    .map(Number);
  if (found !== count || ns === undefined) throw new Error(`bpftool has dumped ${found} of ${count} entries`);
  return ns / count;
}

function perEntry(count: number, action: () => unknown): number {
  const before = performance.now();
  action();
  return ((performance.now() - before) * 1e6) / count;
}
