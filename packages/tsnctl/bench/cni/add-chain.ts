import type { JsonObject } from '@tsnctl/cni';
import type { Host } from '@tsnctl/lab';
import { compared, type Pair } from '@tsnctl/lab';
import type { Mode } from '@tsnctl/proxy';
import { PLUGINS } from '../../test/containerd/networks.ts';
import { GO_PLUGINS } from '../../test/containerd/programs.ts';
import { runCall, timeCall } from '../../test/plugin-call.ts';
import { AddBench, bandwidthEntry } from './add-bench.ts';
import type { Part } from './part.ts';

/** What a runtime waits for: the Go plugin `bridge`, then ours or `bandwidth`, each as a process of its own. */
function chainPart(mode: Mode, goal: number): Part {
  return {
    title: `ADD of a chain: bridge with ours in ${mode} mode, and bridge with bandwidth`,
    async run({ adds }, signal) {
      await using bench = await AddBench.create(mode, 'tcx');
      const [last, whole]: [Pair[], Pair[]] = [[], []];
      for (let round = 0; round < adds + 1; round++) {
        signal.throwIfAborted();
        const ours = () => addChain(bench, bench.node, { program: bench.ourProgram, entry: bench.ourEntry });
        const bandwidth = () => addChain(bench, bench.plainNode, BANDWIDTH);
        const first = round % 2 === 0 ? ours() : bandwidth();
        const second = round % 2 === 0 ? bandwidth() : ours();
        const [value, against] = round % 2 === 0 ? [first, second] : [second, first];
        if (round === 0) continue; // it makes the bridge
        last.push({ value: value.last, against: against.last });
        whole.push({ value: value.whole, against: against.whole });
      }
      return [
        compared(`add-chain/${mode}/last`, 'ms', last, goal),
        compared(`add-chain/${mode}/whole`, 'ms', whole),
      ];
    },
  };
}

export const addChainParts: readonly Part[] = [chainPart('host', 1.5), chainPart('pod', 2.5)];

interface Chained {
  program: string;
  entry: JsonObject;
}

const BANDWIDTH: Chained = { program: `${GO_PLUGINS}/bandwidth`, entry: bandwidthEntry };

/** One pod comes and goes; how long the last plugin and the whole chain took to add it. */
function addChain(bench: AddBench, node: Host, { program, entry }: Chained): { last: number; whole: number } {
  const { ipam, ...bridge } = PLUGINS.bridge;
  const head = { cniVersion: '1.0.0', name: 'bench' };
  const container = bench.newContainer();
  const primary = {
    program: `${GO_PLUGINS}/bridge`,
    command: 'ADD' as const,
    config: { ...head, ...bridge, ipam: { ...ipam, dataDir: `${bench.directory}/${node.name}` } },
    container,
  };
  const { ms, stdout } = runCall(node, primary);
  const prevResult = JSON.parse(stdout) as JsonObject;
  const chained = { program, command: 'ADD' as const, config: { ...head, ...entry, prevResult }, container };
  const last = timeCall(node, chained);
  timeCall(node, { ...chained, command: 'DEL' });
  timeCall(node, { ...primary, command: 'DEL' });
  return { last, whole: ms + last };
}
