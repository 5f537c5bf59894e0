import { TsnctlError } from '@tsnctl/codec';
import {
  type FqCodelOptions,
  type MqprioOptions,
  type Qdisc,
  type TaprioOptions,
  type TbfOptions,
  TC_H_ROOT,
} from '@tsnctl/netlink';
import type { PlacedQdisc } from '@tsnctl/schedule';

/** What the kernel tells of a qdisc, made into what it takes. Of a taprio with a schedule to come there are two. */
type Respec = (options: never) => readonly unknown[];

const same: Respec = (options) => [options];
const without: Respec = () => [undefined];

/** Kinds that can be put back as they were. */
const rows: Readonly<Record<string, Respec>> = {
  taprio,
  mqprio,
  etf: same,
  cbs: same,
  fq: same,
  fq_codel: fqCodel,
  prio: same,
  tbf,
  pfifo: same,
  bfifo: same,
  mq: without,
  noqueue: without,
  pfifo_fast: without, // its options are fixed
};

/** The requests that bring an interface's qdiscs back, root first; those that the kernel makes itself need none. */
export function respec(qdiscs: readonly Qdisc[]): PlacedQdisc[] {
  return ours(qdiscs).flatMap(({ kind, parent, handle, options }): PlacedQdisc[] =>
    (rows[kind] as (options: unknown) => readonly unknown[])(options).map((one) => ({
      kind,
      parent,
      handle,
      ...(one !== undefined && { options: one }),
    })),
  );
}

/** Those that somebody put there: what the kernel chose itself has no handle. The root comes first. */
export function ours(qdiscs: readonly Qdisc[]): Qdisc[] {
  return qdiscs
    .filter(({ handle }) => handle !== 0)
    .toSorted(
      (a, b) => Number(b.parent === TC_H_ROOT) - Number(a.parent === TC_H_ROOT) || a.parent - b.parent,
    );
}

/** Refuses what could not be undone. @throws TsnctlError NOT_RESTORABLE */
export function requireRestorable(name: string, qdiscs: readonly Qdisc[], filters?: string): void {
  const strange = ours(qdiscs).find(({ kind }) => !Object.hasOwn(rows, kind));
  const what = strange
    ? `a ${strange.kind} that somebody set up`
    : filters && `filters at its qdisc ${filters}`;
  if (!what) return;
  throw new TsnctlError('NOT_RESTORABLE', `${name} has ${what}, which tsnctl could not bring back`, {
    hint: `tc qdisc del dev ${name} root first, if it is not needed; or --force, and --undo then leads to the default`,
  });
}

/** TCA_TAPRIO_ATTR_FLAG_FULL_OFFLOAD in linux/pkt_sched.h */
const FULL_OFFLOAD = 2;

function taprio({
  admin,
  classes = [],
  clockid,
  flags,
  txtimeDelayNs,
  unknown: _,
  ...rest
}: TaprioOptions): TaprioOptions[] {
  const limits = classes.flatMap(({ tc, maxSduBytes = 0, preemption }) =>
    tc < rest.numTc && (maxSduBytes > 0 || preemption === 'preemptible')
      ? [{ tc, maxSduBytes, ...(preemption === 'preemptible' && { preemption }) }]
      : [],
  );
  const base = {
    ...rest,
    ...(((flags ?? 0) & FULL_OFFLOAD) === 0 && clockid !== undefined && { clockid }),
    ...(flags && { flags }),
    ...(flags && txtimeDelayNs && { txtimeDelayNs }),
    ...(limits.length > 0 && { classes: limits }),
  };
  const schedules = [...(rest.entries?.length ? [base] : []), ...(admin ? [{ ...base, ...admin }] : [])];
  return schedules.map(({ unknown: __, ...one }: TaprioOptions) => one);
}

function mqprio({ preemption = [], unknown: _, ...rest }: MqprioOptions): MqprioOptions[] {
  const preemptible = preemption.some((one) => one.preemption === 'preemptible');
  return [{ ...rest, ...(preemptible && { preemption }) }];
}

/** A kernel keeps these times in units of 1024 ns: CODEL_SHIFT in net/codel.h. */
const CODEL_NS = 1024;

/** As long as makes the kernel tell the same again. */
function fqCodel({ unknown: _, ...options }: FqCodelOptions): FqCodelOptions[] {
  const told = (us: number) => Math.trunc((Math.trunc((us * 1000) / CODEL_NS) * CODEL_NS) / 1000);
  const exact = (us: number): number => {
    let more = us;
    while (told(more) < us) more++;
    return more;
  };
  const times = ['targetUs', 'intervalUs', 'ceThresholdUs'] as const;
  const known = times.flatMap((name) => {
    const us = options[name];
    return us === undefined ? [] : [[name, exact(us)] as const];
  });
  return [{ ...options, ...Object.fromEntries(known) }];
}

/** In which a kernel keeps what may leave at once: PSCHED_SHIFT in net/pkt_sched.h. */
const TICK_NS = 64;

/** As much as makes the kernel tell the same again: it cuts off what is less than a tick. */
function tbf({ unknown: _, ...options }: TbfOptions): TbfOptions[] {
  const rate = Number(options.rateBps);
  const told = (bytes: number) =>
    Math.trunc((rate * Math.trunc((bytes * 1e9) / rate / TICK_NS) * TICK_NS) / 1e9);
  let burstBytes = options.burstBytes;
  while (told(burstBytes) < options.burstBytes) burstBytes++;
  return [{ ...options, burstBytes }];
}
