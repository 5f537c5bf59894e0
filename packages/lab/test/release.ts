import { kernelAtLeast } from '@tsnctl/linux';
import type { Mode } from '@tsnctl/proxy';
import { compareLateness, type Yardstick } from './lateness.ts';
import { CLASS_OF, etf, fq, mqprio, type NicQdisc } from './qdiscs.ts';
import type { Asks, Departure, Yard } from './yard.ts';

/** A qdisc that holds packets back until their launch time, and what a pod asks of it. */
export interface Release {
  qdisc: 'fq' | 'etf';
  /** What the pod asks for. The node's own application asks in the qdisc's clock. */
  asks: Clock;
  mode: Mode;
}

type Clock = 'mono' | 'tai';

/** The kernel's best first; before 6.11 there is only one. */
export const MODES: readonly Mode[] = kernelAtLeast(6, 11) ? ['host', 'pod'] : ['pod'];

/** The pod asks in the other clock than the qdisc's, so the restorer converts: in the kernel's best mode. */
export const CONVERTED: readonly Release[] = (
  [
    { qdisc: 'fq', asks: 'tai' },
    { qdisc: 'etf', asks: 'mono' },
  ] as const
).map((release) => ({ ...release, mode: MODES[0] ?? 'pod' }));

/** Both clocks at both qdiscs, in each mode. */
export const RELEASES: readonly Release[] = MODES.flatMap((mode) =>
  (['fq', 'etf'] as const).flatMap((qdisc) =>
    (['mono', 'tai'] as const).map((asks): Release => ({ qdisc, asks, mode })),
  ),
);

const PRIORITY = 5;
/** etf drops what it could not send in time: so it may send this early, which is then its moment of release. */
const DELTA_NS = 1_000_000_000;
/**
 * Two milliseconds apart, which an emulated machine can do. Not quite the same for both, so that one side is not
 * always behind the other; and so that what was sent `leadMs` ago does not leave while the next is being sent.
 */
const INTERVAL_US = { pod: 1980, node: 2020 };

interface Holding {
  parts: readonly NicQdisc[];
  clock: Clock;
  /** How long before a launch time it lets the packet go. */
  releaseNs: number;
  leadMs: number;
}

/** The qdiscs, and how far ahead of them one sends. */
export const HOLDING: Readonly<Record<Release['qdisc'], Holding>> = {
  fq: { parts: [fq], clock: 'mono', releaseNs: 0, leadMs: 100 },
  etf: {
    parts: [mqprio, etf(CLASS_OF[PRIORITY], DELTA_NS)],
    clock: 'tai',
    releaseNs: DELTA_NS,
    leadMs: 1100,
  },
};

/** What a pod sends, without the proxy. */
export async function releaseWithout(
  yard: Yard,
  { qdisc, asks }: Release,
  count: number,
): Promise<Departure[]> {
  const { parts, leadMs } = HOLDING[qdisc];
  yard.furnish(parts);
  const [left = []] = await yard.run([fromPod(asks, leadMs, count)]);
  return left;
}

/** What a pod sends with the proxy, beside an application on the node, through the same qdisc at the same time. */
export async function compareRelease(
  yard: Yard,
  { qdisc, asks, mode }: Release,
  count: number,
): Promise<Yardstick> {
  const { parts, clock, releaseNs, leadMs } = HOLDING[qdisc];
  yard.furnish(parts);
  yard.attach({ mode });
  const pod = fromPod(asks, leadMs, count);
  const node: Asks = { ...pod, from: 'node', txtime: clock, intervalUs: INTERVAL_US.node };
  const [pods = [], nodes = []] = await yard.run([pod, node]);
  return compareLateness(pods, nodes, releaseNs);
}

function fromPod(txtime: Clock, leadMs: number, count: number): Asks {
  return { from: 'pod', priority: PRIORITY, txtime, leadMs, count, intervalUs: INTERVAL_US.pod };
}
