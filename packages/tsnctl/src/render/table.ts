import { type Colour, type Paint, plain } from './colour.ts';

/** A column: its heading, how to read it from a row, and numbers to the right. */
export interface Column<Row> {
  heading: string;
  /** A heading over this column and its neighbours of the same group. */
  group?: string;
  value: (row: Row) => string;
  right?: boolean;
  colour?: (row: Row) => Colour | undefined;
  /** A value is left out where the row above has the same. */
  once?: boolean;
}

/** Rows in aligned columns, two blanks apart, three before another group; empty columns are left out. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint = plain,
): string {
  const shown = columns.filter((column) => rows.some((row) => column.value(row) !== ''));
  const cell = (column: Column<Row>, at: number) => {
    const value = column.value(rows[at] as Row);
    const above = rows[at - 1];
    return column.once && above && column.value(above) === value ? '' : value;
  };
  const widths = shown.map((column) =>
    Math.max(column.heading.length, ...rows.map((row) => column.value(row).length)),
  );
  const line = (cells: (column: Column<Row>) => { text: string; colour?: Colour | undefined }) =>
    `${shown
      .map((column, at) => {
        const { text, colour } = cells(column);
        const width = widths[at] ?? 0;
        const padded = column.right ? text.padStart(width) : text.padEnd(width);
        return gap(shown, at) + (colour && text ? paint(colour, padded) : padded);
      })
      .join('')
      .trimEnd()}\n`;
  return [
    groupLine(shown, widths),
    line(({ heading }) => ({ text: heading })),
    ...rows.map((row, at) => line((column) => ({ text: cell(column, at), colour: column.colour?.(row) }))),
  ].join('');
}

/** Blanks before a column. */
function gap<Row>(columns: readonly Column<Row>[], at: number): string {
  if (at === 0) return '';
  return columns[at]?.group === columns[at - 1]?.group ? '  ' : '   ';
}

/** Each group's heading above its first column; nothing where there are no groups. */
function groupLine<Row>(columns: readonly Column<Row>[], widths: readonly number[]): string {
  let text = '';
  let start = 0;
  for (const [at, { group }] of columns.entries()) {
    start += gap(columns, at).length;
    if (group !== undefined && group !== columns[at - 1]?.group) text = text.padEnd(start) + group;
    start += widths[at] ?? 0;
  }
  return text === '' ? '' : `${text}\n`;
}
