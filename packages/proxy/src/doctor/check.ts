import type { Found } from './finding.ts';
import type { NodeFacts } from './node-facts.ts';

/** One question to a node, or to whatever `Facts` are of. Pure: the answer depends on the facts alone. */
export interface Check<Facts = NodeFacts> {
  /** How `--only` and findings call it. */
  readonly name: string;
  /** What it asks, for the list of checks. */
  readonly asks: string;
  /** A change that is under way makes it find what is not amiss any more a moment later. */
  readonly mayPass?: true;
  readonly run: (facts: Facts) => readonly Found[];
}
