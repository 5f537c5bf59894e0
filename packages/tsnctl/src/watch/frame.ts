import { formatPriorities } from '@tsnctl/netlink';
import type { NodeEvent, PodRates, UplinkRates } from '@tsnctl/proxy';
import { type Colour, type Paint, plain } from '../render/colour.ts';
import { type Column, renderTable } from '../render/table.ts';
import { rateText } from './rate-text.ts';
import type { Watched } from './watched.ts';

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly paint?: Paint;
  /** The first pod that is shown. */
  readonly from?: number;
  readonly paused?: boolean;
}

/**
 * One screen, as lines that fit it: what is wrong, pods with their rates by priority, uplinks with their classes,
 * and what happened. What does not fit is left out, and said. Pure.
 */
export function watchFrame(watched: Watched, options: FrameOptions): string[] {
  const { rows, paint = plain, from = 0, paused = false } = options;
  const { snapshot, rates, events } = watched;
  const head = headLines(watched, options, paused);
  const foot = [paint('dim', 'q quit   space pause   ↑↓ pods')];
  const room = Math.max(0, rows - head.length - foot.length);
  const drift = driftLines(watched, paint).slice(0, Math.ceil(room / 4));
  const uplinkAll = rates.uplinks.flatMap((uplink) => uplinkLines(uplink, paint));
  const eventAll = eventLines(events, paint);
  const podAll = podLines(rates.pods, paint);
  const left = room - drift.length;
  const [podRoom, uplinkRoom, eventRoom] = share(left, [
    podAll.length,
    uplinkAll.length,
    eventAll.length === 0 ? 0 : eventAll.length + 2,
  ]);
  const body = [
    ...drift,
    ...scrolled(podAll, podRoom, from, paint),
    ...cut(uplinkAll, uplinkRoom, paint),
    ...(eventRoom > 2 ? ['', paint('bold', 'EVENTS'), ...eventAll.slice(-(eventRoom - 2))] : []),
  ];
  if (snapshot.pods.length === 0 && rates.uplinks.length === 0) body.push('', 'no pods and no uplinks here');
  const filled = [...head, ...body].slice(0, rows - 1);
  const blank = Array.from({ length: Math.max(0, rows - 1 - filled.length) }, () => '');
  return [...filled, ...blank, ...foot];
}

function headLines(
  { snapshot }: Watched,
  { columns, paint = plain }: FrameOptions,
  paused: boolean,
): string[] {
  const { netns, kernel, via, observedAt, drift, unseen } = snapshot;
  const where = netns.name === null ? '' : `${netns.name}  `;
  const left = `tsnctl  ${where}kernel ${kernel}  ${via ? `by ${via}` : 'nothing attached'}`;
  const time = `${paused ? 'paused  ' : ''}${observedAt.slice(11, 19)} UTC`;
  const blank = ' '.repeat(Math.max(2, columns - left.length - time.length));
  const verdict: [Colour, string] =
    drift.length > 0
      ? ['red', `${drift.length} not as wanted; tsnctl inspect says why, and what to do`]
      : unseen.length > 0
        ? ['yellow', `not all can be seen: ${unseen[0]?.why ?? ''}`]
        : ['green', 'all is as wanted'];
  return [`${paint('bold', left)}${blank}${time}`, paint(...verdict)];
}

function driftLines({ snapshot }: Watched, paint: Paint): string[] {
  return snapshot.drift.map(({ code, message }) => `  ${paint('red', code)}  ${message}`);
}

/** A table's lines: a blank, its heading, its rows. */
function podLines(pods: readonly PodRates[], paint: Paint): string[] {
  if (pods.length === 0) return [];
  const used = PRIORITIES.filter((priority) => pods.some((pod) => (pod.byPriority[priority] ?? 0) > 0));
  const shown = used.length > 0 ? used : PRIORITIES.slice(1, 8);
  const columns: Column<PodRates>[] = [
    { heading: 'POD', value: (pod) => pod.name },
    { heading: 'INTERFACE', value: (pod) => (pod.interface === pod.name ? '' : (pod.interface ?? '')) },
    { heading: 'STATE', value: (pod) => pod.state, colour: (pod) => states[pod.state] },
    ...shown.map((priority) => priorityColumn<PodRates>(priority, 'PACKETS/S BY PRIORITY')),
    { heading: 'ELSE/S', group: ' ', value: (pod) => othersText(pod.others) },
  ];
  return ['', ...linesOf(renderTable(columns, pods, paint))];
}

const PRIORITIES = Array.from({ length: 16 }, (_, priority) => priority);
const states: Partial<Record<PodRates['state'], Colour>> = {
  carried: 'green',
  unguarded: 'red',
  gone: 'red',
};

function priorityColumn<Row extends { byPriority: readonly number[] }>(
  priority: number,
  group: string,
): Column<Row> {
  return {
    heading: priority === 0 ? 'time' : `${priority}`.padStart(4),
    group,
    value: (row) => rateText(row.byPriority[priority] ?? 0),
    right: true,
  };
}

function othersText(others: Readonly<Record<string, number>>): string {
  return Object.entries(others)
    .map(([name, rate]) => `${name} ${rateText(rate)}`)
    .join(' ');
}

function uplinkLines(uplink: UplinkRates, paint: Paint): string[] {
  const { interface: name, attached, byPriority, others, classes } = uplink;
  const restored = byPriority.flatMap((rate, priority) =>
    rate > 0 ? [`${priority === 0 ? 'time' : priority}: ${rateText(rate)}`] : [],
  );
  const all = [restored.join('  ') || 'none', othersText(others)].filter(Boolean).join('   ');
  const table = renderTable<UplinkRates['classes'][number]>(
    [
      { heading: '  CLASS', value: ({ id }) => `  ${id}` },
      { heading: 'OF', value: ({ kind }) => kind },
      { heading: 'QUEUE', value: ({ txQueue }) => `${txQueue ?? ''}`, right: true },
      {
        heading: 'PRIORITIES',
        value: ({ priorities }) => (priorities ? formatPriorities(priorities) : ''),
      },
      { heading: 'PACKETS/S', value: ({ packets }) => rateText(packets), right: true },
      { heading: 'BIT/S', value: ({ bits }) => rateText(bits), right: true },
      {
        heading: 'DROPS/S',
        value: ({ drops }) => rateText(drops),
        right: true,
        colour: ({ drops }) => (drops > 0 ? 'red' : undefined),
      },
      { heading: 'WAITING', value: ({ waiting }) => `${waiting}`, right: true },
    ],
    classes,
    paint,
  );
  return [
    '',
    `${paint('bold', `UPLINK ${name}`)}  ${attached ? `restored/s  ${all}` : attached === null ? 'restorer not seen' : 'no restorer'}`,
    ...(classes.length > 0 ? linesOf(table) : []),
  ];
}

const tones: Record<NodeEvent['tone'], Colour | undefined> = {
  good: 'green',
  bad: 'red',
  neutral: undefined,
};

function eventLines(events: readonly NodeEvent[], paint: Paint): string[] {
  return events.map(({ at, text, tone }) => {
    const colour = tones[tone];
    return `${at.slice(11, 19)}  ${colour ? paint(colour, text) : text}`;
  });
}

function linesOf(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Lines for each part: what it wants, as far as there is room; in turn, so that none gets less for another's sake. */
function share(room: number, wanted: readonly [number, number, number]): [number, number, number] {
  const given: [number, number, number] = [0, 0, 0];
  let left = room;
  for (let most = 1; left > 0 && most <= room; most++) {
    for (const [at, want] of wanted.entries()) {
      if (left > 0 && (given[at] ?? 0) < Math.min(want, most)) {
        given[at as 0 | 1 | 2]++;
        left--;
      }
    }
  }
  return given;
}

/** The first three lines are a blank and the headings; of the rest as many as fit, from `from` on. */
function scrolled(lines: readonly string[], room: number, from: number, paint: Paint): string[] {
  const HEAD = 3;
  if (lines.length <= room || lines.length === 0) return [...lines];
  const [head, pods] = [lines.slice(0, HEAD), lines.slice(HEAD)];
  const space = room - HEAD - 1;
  if (space < 1) return room > 0 ? [paint('dim', `  ${pods.length} pods`)] : [];
  const first = Math.min(from, Math.max(0, pods.length - space));
  const shown = pods.slice(first, first + space);
  const hidden = pods.length - shown.length;
  return [...head, ...shown, paint('dim', `  ${hidden} more pods`)];
}

function cut(lines: readonly string[], room: number, paint: Paint): string[] {
  if (lines.length <= room) return [...lines];
  return [...lines.slice(0, Math.max(0, room - 1)), paint('dim', `  ${lines.length - room + 1} more lines`)];
}
