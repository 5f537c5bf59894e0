import { type DemoResult, isWhole, type Row } from '@tsnctl/lab';
import { type Colour, type Paint, plain } from './colour.ts';
import { type Column, renderTable } from './table.ts';

/** The demo's table, at most 100 columns wide, and in one sentence what it shows. */
export function renderDemo({ kernel, mode, rows, ok }: DemoResult, paint: Paint = plain): string {
  const sum = (value: (row: Row) => number | null) =>
    rows.reduce((total, row) => total + (value(row) ?? 0), 0);
  const sent = sum((row) => row.sent);
  const verdict = ok
    ? `With the proxy all ${sent} packets reached the NIC with their own priority and launch time.`
    : `${rows.filter((row) => !isWhole(row)).length} of ${rows.length} rows lost metadata or had another packet's.`;
  return [
    renderTable(columns, rows, paint),
    '\n',
    `Kernel ${kernel}, ${mode} mode. Since 6.11 the kernel itself keeps launch times.\n`,
    "Each packet was judged at the NIC's egress, by what a qdisc would see there.\n",
    `Without the proxy ${sum((row) => row.without.priority)} of ${sent} packets kept their priority`,
    `, ${sum((row) => row.without.launchTime)} of ${sum(timed)} their launch time.\n`,
    `${paint(ok ? 'green' : 'red', verdict)}\n`,
  ].join('');
}

const timed = (row: Row) => (row.with.launchTime === null ? null : row.sent);

const WITHOUT = 'WITHOUT THE PROXY';
const WITH = 'WITH IT';

const columns: readonly Column<Row>[] = [
  { heading: 'PATH', value: (row) => row.path, once: true },
  { heading: 'SENDER', value: (row) => row.sender },
  { heading: 'IP', value: (row) => `v${row.family}` },
  { heading: 'SENT', value: (row) => `${row.sent}`, right: true },
  counted('PRIORITY', WITHOUT, (row) => row.without.priority),
  counted('LAUNCH TIME', WITHOUT, (row) => row.without.launchTime),
  counted('PRIORITY', WITH, (row) => row.with.priority),
  counted('LAUNCH TIME', WITH, (row) => row.with.launchTime),
  {
    heading: 'WRONG',
    group: WITH,
    value: (row) => `${row.with.wrong}`,
    right: true,
    colour: (row) => goodIf(row.with.wrong === 0),
  },
];

/** Packets that kept what they asked for: good where that is all of them; null where they asked for nothing. */
function counted(heading: string, group: string, value: (row: Row) => number | null): Column<Row> {
  return {
    heading,
    group,
    value: (row) => `${value(row) ?? '-'}`,
    right: true,
    colour: (row) => (value(row) === null ? undefined : goodIf(value(row) === row.sent)),
  };
}

function goodIf(good: boolean): Colour {
  return good ? 'green' : 'red';
}
