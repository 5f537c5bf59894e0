import type { Figure } from '@tsnctl/lab';
import { type Paint, plain } from './colour.ts';
import { type Column, renderTable } from './table.ts';

/** The figures for people: a table for each group of them, then how many goals are met and which are not. */
export function renderBench({ figures }: { figures: readonly Figure[] }, paint: Paint = plain): string {
  const groups = Map.groupBy(figures, ({ name }) => name.split('/')[0] ?? name);
  const tables = [...groups].map(([group, rows]) => {
    const title = titles[group] ?? group;
    return `${paint('bold', title)}\n${renderTable(columns, rows, paint)}\n`;
  });
  return tables.join('') + summary(figures);
}

const titles: Record<string, string> = {
  cost: 'cost: ns per packet in a flood, above an empty program, against the reference',
  parts: 'parts: what the programs are made of, ns each by itself; together they overlap',
  untouched: 'untouched: ns per packet that is left alone, by BPF_PROG_TEST_RUN, against the reference',
  flatness: 'flatness: ns per packet, all hooks, against one pod (or, of one pod, against one CPU)',
  misattribution: 'misattribution: packets at the NIC, judged one by one, against the reference',
};

const columns: readonly Column<Figure>[] = [
  { heading: 'FIGURE', value: ({ name }) => name.slice(name.indexOf('/') + 1) },
  { heading: 'VALUE', value: ({ value, unit }) => number(value, unit), right: true },
  { heading: 'UNIT', value: ({ unit }) => unit },
  {
    heading: 'AGAINST',
    value: ({ against, unit }) => (against === null ? '' : number(against, unit)),
    right: true,
  },
  { heading: 'RATIO', value: ({ ratio }) => ratio?.toFixed(2) ?? '', right: true },
  {
    heading: 'ROUNDS',
    value: ({ range }) => range?.map((end) => end.toFixed(2)).join('..') ?? '',
    right: true,
  },
  { heading: 'GOAL', value: ({ goal }) => (goal === null ? '' : `<= ${goal}`), right: true },
  {
    heading: 'MET',
    value: ({ met }) => (met === null ? '' : met ? 'yes' : 'no'),
    colour: ({ met }) => (met === null ? undefined : met ? 'green' : 'red'),
  },
];

function number(value: number, unit: Figure['unit']): string {
  return unit === 'ns' ? value.toFixed(1) : `${value}`;
}

function summary(figures: readonly Figure[]): string {
  const promised = figures.filter(({ goal }) => goal !== null);
  const missed = promised.filter(({ met }) => !met);
  const lines = [
    `${promised.length - missed.length} of ${promised.length} goals are met.`,
    ...missed.map(
      ({ name, ratio, value, goal }) => `Not met: ${name}, ${ratio ?? value} where ${goal} is the goal.`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
