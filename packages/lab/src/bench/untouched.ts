import { detachPod } from '@tsnctl/proxy';
import type { BpfProgram } from 'libbpf-ts';
import { compared, type Figure, measured } from './figure.ts';
import { programOn } from './meter.ts';
import { openBench } from './objects.ts';
import type { Bench, Part } from './part.ts';
import { Rig } from './rig.ts';

/**
 * Ns per packet that a program leaves alone, by BPF_PROG_TEST_RUN: one packet again and again, nothing else on
 * the CPU. Its packet has no priority, no launch time and a socket that nobody set up, so no more can be shown.
 */
export const untouchedPart: Part = {
  title: 'packets that are left alone, by BPF_PROG_TEST_RUN',
  async run(bench) {
    const ours = new Rig(bench.lab(), 'host', { pods: 2 });
    const reference = new Rig(bench.lab(), 'reference');
    const [first, second = first] = ours.pods;
    ours.proxy.change(detachPod(second.side)); // which leaves it strip
    using saver = programOn(ours.entering(first));
    using strip = programOn(ours.entering(second));
    using restorer = programOn(ours.uplink);
    using theirs = programOn(reference.uplink);
    return figures({ saver, strip, restorer, theirs }, bench);
  },
};

type Programs = Record<'saver' | 'strip' | 'restorer' | 'theirs', BpfProgram>;

function figures(programs: Programs, { effort, signal }: Bench): Figure[] {
  using object = openBench('empty').load();
  using empty = object.program('empty');
  const rounds = Array.from({ length: effort.rounds }, () => {
    signal?.throwIfAborted();
    const idle = nsPerRun(empty, effort.testRuns);
    const net = (program: BpfProgram) => nsPerRun(program, effort.testRuns) - idle;
    return {
      saver: net(programs.saver),
      strip: net(programs.strip),
      restorer: { value: net(programs.restorer), against: net(programs.theirs) },
    };
  });
  return [
    measured(
      'untouched/saver',
      'ns',
      rounds.map(({ saver }) => saver),
    ),
    measured(
      'untouched/strip',
      'ns',
      rounds.map(({ strip }) => strip),
    ),
    compared(
      'untouched/restorer',
      'ns',
      rounds.map(({ restorer }) => restorer),
    ),
  ];
}

/** By the clock around all runs: the kernel's own answer is in whole nanoseconds. */
function nsPerRun(program: BpfProgram, repeat: number): number {
  const start = process.hrtime.bigint();
  program.testRun(FRAME, { repeat });
  return Number(process.hrtime.bigint() - start) / repeat;
}

/** An Ethernet frame of IPv4, otherwise empty. */
const FRAME = new Uint8Array(64);
FRAME.set([0x08, 0x00, 0x45], 12);
