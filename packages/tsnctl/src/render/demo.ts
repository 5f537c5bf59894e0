import { type DemoResult, isWhole, type Row } from '@tsnctl/lab';
import { type Column, renderTable } from './table.ts';

/** The demo's table, and in one sentence what it shows. */
export function renderDemo({ kernel, mode, rows, ok }: DemoResult): string {
  const sum = (value: (row: Row) => number | null) =>
    rows.reduce((total, row) => total + (value(row) ?? 0), 0);
  const sent = sum((row) => row.sent);
  const verdict = ok
    ? `With the proxy all ${sent} packets reached the NIC with their own priority and launch time.`
    : `${rows.filter((row) => !isWhole(row)).length} of ${rows.length} rows lost metadata or had another packet's.`;
  return [
    renderTable(columns, rows),
    '\n',
    `Kernel ${kernel}, ${mode} mode. Judged at the NIC's egress, packet by packet, by what a qdisc would see.\n`,
    `Without the proxy ${sum((row) => row.without.priority)} of ${sent} packets kept their priority`,
    `; launch times: ${sum((row) => row.without.launchTime)} of ${sum(timed)} (since 6.11 the kernel keeps them).\n`,
    `${verdict}\n`,
  ].join('');
}

const timed = (row: Row) => (row.with.launchTime === null ? null : row.sent);

const columns: readonly Column<Row>[] = [
  { heading: 'PATH', value: (row) => row.path },
  { heading: 'IP', value: (row) => `v${row.family}` },
  { heading: 'SENDER', value: (row) => row.sender },
  { heading: 'SENT', value: (row) => `${row.sent}`, right: true },
  { heading: 'WITHOUT: PRIORITY', value: (row) => `${row.without.priority}`, right: true },
  { heading: 'LAUNCH TIME', value: (row) => count(row.without.launchTime), right: true },
  { heading: 'WITH: PRIORITY', value: (row) => `${row.with.priority}`, right: true },
  { heading: 'LAUNCH TIME', value: (row) => count(row.with.launchTime), right: true },
  { heading: 'WRONG', value: (row) => `${row.with.wrong}`, right: true },
];

function count(value: number | null): string {
  return value === null ? '-' : `${value}`;
}
