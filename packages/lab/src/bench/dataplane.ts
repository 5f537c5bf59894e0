import { Lab } from '../lab.ts';
import { costParts } from './cost.ts';
import type { Figure } from './figure.ts';
import { flatnessPart } from './flatness.ts';
import { compileTalker, usableCpus } from './flood.ts';
import { misattributionParts } from './misattribution.ts';
import type { Effort, Part } from './part.ts';
import { partsPart } from './parts.ts';
import { untouchedPart } from './untouched.ts';

/** What a whole run takes, and a quick one. */
export const efforts: Record<'full' | 'quick', Effort> = {
  full: { rounds: 9, flood: 300_000, testRuns: 5_000_000, pods: [1, 8, 100, 1000], judgedThousands: 1200 },
  quick: { rounds: 3, flood: 40_000, testRuns: 1_000_000, pods: [1, 8, 100, 1000], judgedThousands: 100 },
};

/** The parts of the benchmark in their order. */
export const dataplaneParts: readonly Part[] = [
  ...costParts,
  partsPart,
  untouchedPart,
  flatnessPart,
  ...misattributionParts,
];

export interface DataplaneOptions {
  effort: Effort;
  /** Hears of each part as it begins. */
  onPart?: (title: string) => void;
  signal?: AbortSignal;
}

/**
 * Measure the data plane beside the reference design, in labs of namespaces of its own. While a flood runs, the
 * kernel measures all BPF programs of this machine. Needs root and a C compiler.
 */
export async function benchDataplane(options: DataplaneOptions): Promise<{ figures: Figure[] }> {
  const { effort, onPart, signal } = options;
  await using house = Lab.create();
  const talker = compileTalker(house);
  const figures: Figure[] = [];
  for (const { title, run } of dataplaneParts) {
    signal?.throwIfAborted();
    onPart?.(title);
    await using labs = new AsyncDisposableStack();
    const lab = () => labs.use(Lab.create());
    figures.push(...(await run({ effort, talker, cpus: usableCpus(), signal, lab })));
  }
  return { figures };
}
