import type { Figure, Unit } from '@tsnctl/lab';
import { type Paint, plain } from '../src/render/colour.ts';
import { type Column, renderTable } from '../src/render/table.ts';

/** The figures for people, then how many goals are met and which are not; with titles, a table for each group. */
export function renderFigures(
  figures: readonly Figure[],
  paint: Paint = plain,
  titles?: Readonly<Record<string, string>>,
): string {
  const tables = titles ? groupTables(figures, paint, titles) : renderTable(columns, figures, paint);
  return tables + summary(figures);
}

function groupTables(
  figures: readonly Figure[],
  paint: Paint,
  titles: Readonly<Record<string, string>>,
): string {
  const groups = Map.groupBy(figures, ({ name }) => name.split('/')[0] ?? name);
  return [...groups]
    .map(([group, rows]) => {
      const short = rows.map((row) => ({ ...row, name: row.name.slice(group.length + 1) }));
      return `${paint('bold', `${group}: ${titles[group]}`)}\n${renderTable(columns, short, paint)}\n`;
    })
    .join('');
}

const columns: readonly Column<Figure>[] = [
  { heading: 'FIGURE', value: ({ name }) => name },
  { heading: 'VALUE', value: ({ value, unit }) => number(value, unit), right: true },
  { heading: 'UNIT', value: ({ unit }) => unit },
  { heading: 'AGAINST', value: ({ against, unit }) => number(against, unit), right: true },
  { heading: 'RATIO', value: ({ ratio }) => ratio?.toFixed(2) ?? '', right: true },
  {
    heading: 'RANGE',
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

/** Digits behind the point, where there are other than one. */
const digits: Partial<Record<Unit, number>> = { calls: 0, events: 0, packets: 0, ms: 2, '/s': 3, 'kB/s': 3 };

function number(value: number | null, unit: Unit): string {
  return value?.toFixed(digits[unit] ?? 1) ?? '';
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
