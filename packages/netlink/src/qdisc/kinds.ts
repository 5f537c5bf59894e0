import { bfifo } from './bfifo.ts';
import { cbs } from './cbs.ts';
import { clsact } from './clsact.ts';
import { etf } from './etf.ts';
import { fq } from './fq.ts';
import { fqCodel } from './fq-codel.ts';
import { htb } from './htb.ts';
import { ingress } from './ingress.ts';
import type { QdiscFacts, QdiscKind } from './kind.ts';
import { mq } from './mq.ts';
import { mqprio } from './mqprio.ts';
import { noqueue } from './noqueue.ts';
import { pfifo } from './pfifo.ts';
import { pfifoFast } from './pfifo-fast.ts';
import { prio } from './prio.ts';
import { taprio } from './taprio.ts';
import { tbf } from './tbf.ts';

const kinds = {
  bfifo,
  cbs,
  clsact,
  etf,
  fq,
  fq_codel: fqCodel,
  htb,
  ingress,
  mq,
  mqprio,
  noqueue,
  pfifo,
  pfifo_fast: pfifoFast,
  prio,
  taprio,
  tbf,
} as const;

/** The kinds that have a file. */
export const qdiscKinds: ReadonlyMap<string, QdiscKind> = new Map(
  Object.values(kinds).map((row) => [row.kind, row as QdiscKind]),
);

/** What the options of a kind are; unknown for one whose options are not encoded here. */
export type QdiscOptions<Kind extends string> = Parts<RowOf<Kind>>['options'];

/** What a kind counts beyond what all count. */
export type QdiscAppStats<Kind extends string> = Parts<RowOf<Kind>>['appStats'];

/** What the options of its classes are. */
export type ClassOptions<Kind extends string> = Parts<RowOf<Kind>>['classOptions'];

type Parts<Row> =
  Row extends QdiscKind<infer O, infer S, infer C>
    ? { options: O; appStats: S; classOptions: C }
    : { options: unknown; appStats: unknown; classOptions: unknown };

type RowOf<Kind extends string> = Kind extends keyof typeof kinds ? (typeof kinds)[Kind] : QdiscKind;

/** The facts of a kind; of one that has no file, that it is like any other queue. */
export function qdiscFacts(kind: string): QdiscFacts {
  const { multiClass, clock, timeAware } = qdiscKinds.get(kind) ?? ordinary;
  return { kind, multiClass, clock, timeAware };
}

const ordinary: Omit<QdiscFacts, 'kind'> = { multiClass: false, clock: 'none', timeAware: false };
