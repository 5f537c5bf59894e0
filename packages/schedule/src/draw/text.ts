import type { Schedule } from '../schedule.ts';
import { waitingTimes } from '../streams/waiting-time.ts';
import { roughDuration } from '../units.ts';
import { type Chart, type ChartRow, chartOf, stretchesOf } from './chart.ts';

/** Of the time line, in characters; with what is beside it a line has at most 80. */
const WIDTH = 48;
const NAME = 12;

/**
 * A schedule as monospaced text, at most 80 columns wide: a line a class, with the times when its gate is open; below
 * it what is in the classes, and how long each stream waits at worst, where the link speed is known.
 */
export function drawText(schedule: Schedule, linkSpeedBps = schedule.linkSpeed, mtu?: number): string {
  const chart = chartOf(schedule);
  const gates =
    schedule.gates.length > 0 ? [axis(chart), ...chart.rows.map((row) => line(row, chart.cycle))] : [];
  const classes = chart.rows.map(({ tc, name, detail }) => `${label(tc, name)}${detail}`);
  return [
    ...wrap(chart.title),
    ...(gates.length > 0 ? ['', ...gates] : []),
    ...(classes.length > 0 ? ['', ...classes.flatMap((text) => wrap(text, NAME + 4))] : []),
    ...streams(schedule, linkSpeedBps, mtu),
    '',
  ].join('\n');
}

function label(tc: number, name: string): string {
  const short = name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name;
  return `${String(tc).padStart(2)} ${short.padEnd(NAME)} `;
}

/** Labels above their places, as many as there is room for. */
function axis({ ticks, cycle }: Chart): string {
  let text = ' '.repeat(NAME + 4);
  for (const { at, label } of ticks) {
    const place = NAME + 4 + Math.round((at / cycle) * WIDTH);
    const from = Math.max(NAME + 4, at === 0 ? place : place - label.length);
    if (from > text.trimEnd().length || at === 0) text = text.padEnd(from).slice(0, from) + label;
  }
  return text.trimEnd();
}

function line({ tc, name, windows, open, share }: ChartRow, cycle: number): string {
  const cells = Array.from({ length: WIDTH }, (_, cell) => {
    const [from, to] = [(cell * cycle) / WIDTH, ((cell + 1) * cycle) / WIDTH];
    const part = windows
      .flatMap((window) => stretchesOf(window, cycle))
      .reduce(
        (sum, stretch) => sum + Math.max(0, Math.min(to, stretch.to) - Math.max(from, stretch.from)),
        0,
      );
    const filled = part / (to - from);
    return filled <= 0 ? '·' : filled > 0.75 ? '█' : filled > 0.25 ? '▌' : '▏';
  });
  return `${label(tc, name)}${cells.join('')} ${open.padStart(9)} ${share.padStart(5)}`.slice(0, 80);
}

function streams(schedule: Schedule, linkSpeedBps: bigint | undefined, mtu?: number): string[] {
  if (schedule.streams.length === 0 || schedule.gates.length === 0 || linkSpeedBps === undefined) return [];
  const times = waitingTimes(schedule, linkSpeedBps, mtu);
  const rows = schedule.streams.map(({ name, class: tc, deadline }, at) => {
    const time = times[at];
    return {
      name,
      tc: schedule.classes[tc]?.name ?? '',
      waits: time?.waitingNs === undefined ? 'no limit' : roughDuration(time.waitingNs),
      gone: time?.delayNs === undefined ? 'no limit' : roughDuration(time.delayNs),
      deadline: deadline === undefined ? '' : roughDuration(deadline),
    };
  });
  const short = (text: string) => (text.length > 18 ? `${text.slice(0, 17)}…` : text);
  const row = (name: string, tc: string, ...rest: string[]) =>
    `${short(name).padEnd(19)}${short(tc).padEnd(19)}${rest.map((one) => one.padStart(13)).join('')}`.trimEnd();
  return [
    '',
    row('stream', 'class', 'waits', 'is gone', 'deadline'),
    ...rows.map(({ name, tc, waits, gone, deadline }) => row(name, tc, waits, gone, deadline)),
  ];
}

/** Breaks at blanks; further lines are indented. */
function wrap(text: string, indent = 2): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > 80) {
    const at = rest.lastIndexOf(' ', 80);
    const cut = at > indent ? at : 80;
    lines.push(rest.slice(0, cut));
    rest = ' '.repeat(indent) + rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}
