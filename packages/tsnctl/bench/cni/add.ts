import { compared, measured, type Pair } from '@tsnctl/lab';
import type { Mode, Via } from '@tsnctl/proxy';
import { AddBench, AT_ONCE } from './add-bench.ts';
import type { Part } from './part.ts';

/** The slowest of those that come at once may take so long. */
const SLOWEST_MS = 1000;

/**
 * ADD alone of a new pod that asks for TSN, beside ADD by the Go plugin that shapes a pod's traffic; then many at once.
 * These ratios have no goal: the ADD that a runtime waits for comes behind a primary, as in add-chain.ts.
 */
function addPart(mode: Mode, { via, slowestMs }: { via: Via; slowestMs: number | null }): Part {
  const name = via === 'tcx' ? mode : `${mode}-${via}`;
  return {
    title: `ADD by our plugin in ${mode} mode (${via}), and by bandwidth; then ${AT_ONCE} at once`,
    async run({ adds, bursts }, signal) {
      await using bench = await AddBench.create(mode, via);
      const pairs = Array.from({ length: adds }, (_, round) => {
        signal.throwIfAborted();
        return bench.pair(round);
      });
      const followed: Pair[] = [];
      for (let round = 0; via === 'tcx' && round < adds; round++) {
        signal.throwIfAborted();
        followed.push(await bench.followedPair());
      }
      const slowest: number[] = [];
      let unanswered = 0;
      for (let burst = 0; burst < bursts; burst++) {
        signal.throwIfAborted();
        const answers = await bench.burst();
        slowest.push(Math.max(...answers.map((answer) => answer.ms)));
        unanswered += answers.filter(({ succeeded }) => !succeeded).length;
      }
      return [
        compared(`add/${name}`, 'ms', pairs),
        ...(followed.length > 0 ? [compared(`add/${name}/followed`, 'ms', followed)] : []),
        measured(`at-once/${name}/slowest`, 'ms', Math.max(...slowest), { goal: slowestMs }),
        measured(`at-once/${name}/unanswered`, 'calls', unanswered, { goal: slowestMs === null ? null : 0 }),
      ];
    },
  };
}

/** A tcx link takes the kernel a grace period, a filter does not: so filters are shown beside. */
export const addParts: readonly Part[] = [
  addPart('host', { via: 'tcx', slowestMs: SLOWEST_MS }),
  addPart('host', { via: 'clsact', slowestMs: null }),
  addPart('pod', { via: 'tcx', slowestMs: null }),
];
