import { cbs } from './cbs.ts';
import { clsact } from './clsact.ts';
import { etf } from './etf.ts';
import { fq } from './fq.ts';
import { fqCodel } from './fq-codel.ts';
import { htb } from './htb.ts';
import type { QdiscFacts, QdiscKind } from './kind.ts';
import { mq } from './mq.ts';
import { mqprio } from './mqprio.ts';
import { noqueue } from './noqueue.ts';
import { pfifoFast } from './pfifo-fast.ts';
import { prio } from './prio.ts';
import { taprio } from './taprio.ts';

/** The kinds that have a file. */
export const qdiscKinds: ReadonlyMap<string, QdiscKind> = new Map(
  [cbs, clsact, etf, fq, fqCodel, htb, mq, mqprio, noqueue, pfifoFast, prio, taprio].map((row) => [
    row.kind,
    row,
  ]),
);

/** The facts of a kind; of one that has no file, that it is like any other queue. */
export function qdiscFacts(kind: string): QdiscFacts {
  const { multiClass, clock, timeAware } = qdiscKinds.get(kind) ?? ordinary;
  return { kind, multiClass, clock, timeAware };
}

const ordinary: Omit<QdiscFacts, 'kind'> = { multiClass: false, clock: 'none', timeAware: false };
