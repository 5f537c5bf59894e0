import type { Paint } from '../src/render/colour.ts';
import { type Column, renderTable } from '../src/render/table.ts';
import type { Figure } from './figure.ts';

/** The figures for people, then how many goals are met. */
export function renderFigures(figures: readonly Figure[], paint: Paint): string {
  const promised = figures.filter(({ goal }) => goal !== null);
  const met = promised.filter((figure) => figure.met);
  return `${renderTable(columns, figures, paint)}${met.length} of ${promised.length} goals are met.\n`;
}

const number = (value: number | null, unit: Figure['unit']) =>
  value === null ? '' : WHOLE.has(unit) ? `${value}` : value.toFixed(digits[unit] ?? 1);

const WHOLE = new Set<Figure['unit']>(['calls', 'events']);
const digits: Partial<Record<Figure['unit'], number>> = { ms: 2, '/s': 3, 'kB/s': 3 };

const columns: readonly Column<Figure>[] = [
  { heading: 'FIGURE', value: ({ name }) => name },
  { heading: 'VALUE', value: ({ value, unit }) => number(value, unit), right: true },
  { heading: 'UNIT', value: ({ unit }) => unit },
  { heading: 'AGAINST', value: ({ against, unit }) => number(against, unit), right: true },
  { heading: 'RATIO', value: ({ ratio }) => ratio?.toFixed(2) ?? '', right: true },
  {
    heading: 'QUARTILES',
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
