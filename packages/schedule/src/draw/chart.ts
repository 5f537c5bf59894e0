import { describePriorities } from '@tsnctl/netlink';
import { classOfPriority, clocks, queuesOf, type Schedule } from '../schedule.ts';
import { formatRate, roughDuration } from '../units.ts';
import { sumOf, type Window, windowsOf } from '../windows.ts';

/** What a drawing shows, whatever it is drawn with. */
export interface Chart {
  readonly title: string;
  readonly cycle: number;
  /** The highest class first: so it goes, too. */
  readonly rows: readonly ChartRow[];
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

export interface ChartRow {
  readonly tc: number;
  readonly name: string;
  readonly windows: readonly Window[];
  /** For how long the gate is open, and which part of the cycle that is. */
  readonly open: string;
  readonly share: string;
  /** Priorities, TX queues and what stands in them. */
  readonly detail: string;
}

const TICKS = 4;
const ALL = Array.from({ length: 16 }, (_, priority) => priority);

export function chartOf(schedule: Schedule): Chart {
  const { gates, classes, cycle, linkSpeed, clock, baseTime, offload } = schedule;
  const sum = sumOf(gates) || 1;
  const queues = queuesOf(classes);
  const rows = classes.map(({ name, etf, cbs, maxFrame }, tc): ChartRow => {
    const windows = windowsOf(gates, tc);
    const open = windows.reduce((total, { length }) => total + length, 0);
    const { count, offset } = queues[tc] ?? { count: 1, offset: 0 };
    const last = offset + count - 1;
    const detail = [
      describePriorities(ALL.filter((one) => classOfPriority(classes, one) === tc)),
      offset === last ? `queue ${offset}` : `queues ${offset}-${last}`,
      ...(maxFrame === undefined ? [] : [`frames to ${maxFrame} B`]),
      ...(etf ? [`etf, ${roughDuration(etf.delta)} ahead`] : []),
      ...(cbs ? [`cbs, ${formatRate(cbs.idleSlope)}`] : []),
    ].join(', ');
    return { tc, name, windows, open: roughDuration(open), share: percent(open, sum), detail };
  });
  const total = cycle ?? BigInt(sum);
  const times = [
    `cycle ${roughDuration(total)}`,
    ...(linkSpeed === undefined ? [] : [formatRate(linkSpeed)]),
    offload === 'full' ? "the NIC's clock" : clocks[clock],
    `from ${roughDuration(baseTime)} on`,
    ...(offload === 'none' ? [] : [offload]),
  ];
  const title = `${schedule.dev === undefined ? '' : `${schedule.dev}: `}${schedule.qdisc}${gates.length > 0 ? `, ${times.join(', ')}` : ''}`;
  const ticks = Array.from({ length: TICKS + 1 }, (_, at) => ({
    at: (sum * at) / TICKS,
    label: roughDuration(Math.round((sum * at) / TICKS)),
  }));
  return { title, cycle: sum, rows: rows.toReversed(), ticks };
}

/** The stretches of one cycle: a window that goes on over its end is in two. */
export function stretchesOf({ start, length }: Window, cycle: number): { from: number; to: number }[] {
  const end = start + length;
  if (end <= cycle) return [{ from: start, to: end }];
  return [
    { from: start, to: cycle },
    { from: 0, to: end - cycle },
  ];
}

function percent(part: number, whole: number): string {
  const value = (part * 100) / whole;
  return `${value >= 99.95 || value === 0 ? Math.round(value) : value.toFixed(1)}%`;
}
