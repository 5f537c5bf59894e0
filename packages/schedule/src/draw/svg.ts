import type { Schedule } from '../schedule.ts';
import { roughDuration } from '../units.ts';
import { type ChartRow, chartOf, stretchesOf } from './chart.ts';

const LEFT = 170;
const LINE = 600;
const RIGHT = 130;
const TOP = 64;
const ROW = 34;
const BAR = 20;

/** For a page that is light or dark, whichever the reader has; without either it is light. */
const STYLE = `
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2328}
.title{font-weight:600;font-size:14px}.dim{fill:#59636e;font-size:11px}.right{text-anchor:end}.middle{text-anchor:middle}
.back{fill:#ffffff}.closed{fill:#eaeef2}.open{fill:#0969da}.tick{stroke:#d1d9e0;stroke-width:1}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.dim{fill:#9198a1}.back{fill:#0d1117}.closed{fill:#21262d}.open{fill:#4493f8}.tick{stroke:#3d444d}}`;

/** A schedule as a picture: a bar a class, filled where its gate is open. */
export function drawSvg(schedule: Schedule): string {
  const { title, cycle, rows, ticks } = chartOf(schedule);
  const width = LEFT + LINE + RIGHT;
  const height = TOP + rows.length * ROW + 16;
  const x = (at: number) => round(LEFT + (at / cycle) * LINE);
  const bottom = TOP + rows.length * ROW;
  const marks = ticks.map(({ at, label }, index) => {
    const anchor = index === 0 ? '' : index === ticks.length - 1 ? ' right' : ' middle';
    return `<line class="tick" x1="${x(at)}" x2="${x(at)}" y1="${TOP - 8}" y2="${bottom}"/><text class="dim${anchor}" x="${x(at)}" y="${TOP - 14}">${escaped(label)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t">`,
    `<title id="t">${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    `<text class="title" x="16" y="26">${escaped(title)}</text>`,
    ...marks,
    ...rows.flatMap((row, at) => rowOf(row, TOP + at * ROW, cycle, x)),
    '</svg>',
    '',
  ].join('\n');
}

const LONGEST_NAME = 16;

function rowOf(
  { tc, name, windows, open, share, detail }: ChartRow,
  y: number,
  cycle: number,
  x: (at: number) => number,
): string[] {
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
  const middle = y + BAR / 2 + 5;
  const bars = windows.flatMap((window) =>
    stretchesOf(window, cycle).map(({ from, to }) => {
      const wide = Math.max(1, round(x(to) - x(from))); // what is short is still seen
      return `<rect class="open" x="${x(from)}" y="${y}" width="${wide}" height="${BAR}" rx="2"><title>${escaped(`${name}: ${roughDuration(from)} to ${roughDuration(to)}`)}</title></rect>`;
    }),
  );
  return [
    `<text x="16" y="${middle}"><title>${escaped(detail)}</title>${tc} ${escaped(short)}</text>`,
    `<rect class="closed" x="${LEFT}" y="${y}" width="${LINE}" height="${BAR}" rx="2"/>`,
    ...bars,
    `<text class="dim right" x="${LEFT + LINE + RIGHT - 16}" y="${middle}">${escaped(`${open}  ${share}`)}</text>`,
  ];
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
