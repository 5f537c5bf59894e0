/** A column: its heading, how to read it from a row, and numbers to the right. */
export interface Column<Row> {
  heading: string;
  value: (row: Row) => string;
  right?: boolean;
}

/** Rows in aligned columns, two blanks apart; empty columns are left out. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter((column) => rows.some((row) => column.value(row) !== ''));
  const lines = [
    shown.map((column) => column.heading),
    ...rows.map((row) => shown.map((column) => column.value(row))),
  ];
  const widths = shown.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const pad = (cell: string, at: number) =>
    shown[at]?.right ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
  return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('');
}
