import type { Counters } from '../tables.ts';

export interface PacketMetric {
  readonly name: string;
  readonly help: string;
  readonly rows: readonly PacketRow[];
}

export interface PacketRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly counters: Counters;
}

/**
 * What the programs counted, in Prometheus' text format: a line for each counter of each row, with its name as the
 * label `result`. The kernel counts, so nothing of it is kept between two times that somebody asks. Pure.
 */
export function packetMetric({ name, help, rows }: PacketMetric): string {
  const lines = rows.flatMap(({ labels, counters }) => {
    const first = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}",`);
    const start = `${name}{${first.join('')}result="`;
    return Object.entries(counters).map(([result, value]) => `${start}${result}"} ${value}\n`);
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${lines.join('')}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
