import { formatPriorities } from '@tsnctl/netlink';
import type { ClassSnapshot, NodeSnapshot, QdiscSnapshot, UplinkSnapshot } from '@tsnctl/proxy';
import { plain } from '../colour.ts';
import { type Column, renderTable } from '../table.ts';
import { renderGates } from './gates.ts';
import {
  byPriorityText,
  countedText,
  type RenderOptions,
  renderFacts,
  renderPrograms,
  renderView,
  section,
} from './sections.ts';

/** One interface as uplink, with all that is on it. */
export function renderUplinkView(node: NodeSnapshot, options: RenderOptions): string {
  const uplinks = node.uplinks.map((uplink) => renderUplink(uplink, options));
  return renderView(node, [...uplinks, renderPrograms(node.hooks, options)], options.paint);
}

/** Its state, and behind it the queues that obey. */
export function renderUplink(uplink: UplinkSnapshot, options: RenderOptions): string {
  const { paint = plain, wide } = options;
  const { qdiscs, classes, schedule } = uplink;
  const facts = renderFacts([
    ['restorer', restorerText(uplink)],
    ['launch times', uplink.attached ? clockText(uplink) : ''],
    ['counted', countedText(uplink.counters)],
    ['by priority', byPriorityText(uplink.restoredByPriority)],
    ['link', wide ? linkText(uplink) : ''],
  ]);
  const shown = wide ? classes : classes.filter((it) => it.txQueue === null || it.txQueue < uplink.txQueues);
  return [
    section(`UPLINK ${uplink.interface}`, facts, paint),
    qdiscs.length > 0 ? `\n${renderTable(qdiscColumns(wide), qdiscs, paint)}` : '',
    shown.length > 0 ? `\n${renderTable(classColumns, shown, paint)}` : '',
    schedule ? `\n${renderGates(schedule)}` : '',
  ].join('');
}

function restorerText({ attached, why }: UplinkSnapshot): string {
  if (attached === null) return 'not seen';
  if (attached) return 'attached';
  return why ? `none; it looks like an uplink: ${why}` : 'none';
}

const clocks = {
  none: 'not given: no qdisc here wants them',
  mono: 'given in CLOCK_MONOTONIC',
  tai: 'given in CLOCK_TAI',
} as const;

function clockText({ clock, stacked }: UplinkSnapshot): string {
  if (stacked) return 'left to the device below';
  return clock === null ? '' : clocks[clock];
}

function linkText({ kind, up, mtu, txQueues, ifindex }: UplinkSnapshot): string {
  const queues = txQueues === 1 ? '1 TX queue' : `${txQueues} TX queues`;
  return `${kind ?? 'hardware'}, ${up ? 'up' : 'down'}, ${queues}, mtu ${mtu}, index ${ifindex}`;
}

function qdiscColumns(wide: boolean): readonly Column<QdiscSnapshot>[] {
  return [
    { heading: 'QDISC', value: (row) => row.kind },
    { heading: 'HANDLE', value: (row) => row.handle },
    { heading: 'PARENT', value: (row) => row.parent },
    ...statColumns,
    { heading: 'OFFLOADED', value: (row) => (row.offloaded ? 'yes' : '') },
    { heading: 'OPTIONS', value: (row) => (wide ? row.options : '') },
  ];
}

type WithStats = Pick<QdiscSnapshot, 'stats'>;

const statColumns: readonly Column<WithStats>[] = [
  { heading: 'PACKETS', value: ({ stats }) => stats?.packets ?? '', right: true },
  { heading: 'BYTES', value: ({ stats }) => stats?.bytes ?? '', right: true },
  {
    heading: 'DROPS',
    value: ({ stats }) => `${stats?.drops ?? ''}`,
    right: true,
    colour: ({ stats }) => (stats && stats.drops > 0 ? 'red' : undefined),
  },
  { heading: 'WAITING', value: ({ stats }) => `${stats?.backlogPackets ?? ''}`, right: true },
];

const classColumns: readonly Column<ClassSnapshot>[] = [
  { heading: 'CLASS', value: (row) => row.id },
  { heading: 'OF', value: (row) => row.kind },
  { heading: 'TX QUEUE', value: (row) => `${row.txQueue ?? ''}`, right: true },
  { heading: 'PRIORITIES', value: (row) => (row.priorities ? formatPriorities(row.priorities) : '') },
  ...statColumns,
];
