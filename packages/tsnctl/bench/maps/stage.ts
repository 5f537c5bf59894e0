import { type BpfMap, BpfObject } from 'libbpf-ts';
import { testObject } from '../../../libbpf-ts/test/objects.ts';

export interface Flow {
  source: number;
  target: number;
  port: number;
  protocol: number;
}

export interface Counters {
  packets: bigint;
  bytes: bigint;
  last_ns: bigint;
  priority: number;
  state: string;
}

/** testdata/bench.bpf.c of libbpf-ts, loaded; `burst` events a run, room for so many flows. */
export function loadBench({ burst = 1, flows = 1 }: { burst?: number; flows?: number }): BpfObject {
  return BpfObject.open(testObject('bench'), 'bench')
    .setConstants({ burst })
    .setMaxEntries('flows', flows)
    .load();
}

/** A map full of flows; the caller disposes it. */
export function filledFlows(object: BpfObject, count: number): BpfMap<Flow, Counters> {
  const map = object.map<Flow, Counters>('flows');
  map.setAll(flows(count));
  return map;
}

function* flows(count: number): Generator<[Flow, Counters]> {
  for (let n = 0; n < count; n++) {
    yield [
      { source: n, target: n >> 3, port: n & 0xffff, protocol: 6 },
      {
        packets: BigInt(n),
        bytes: BigInt(n) * 1500n,
        last_ns: 1_700_000_000_000_000_000n + BigInt(n),
        priority: n & 15,
        state: 'OPEN',
      },
    ];
  }
}
