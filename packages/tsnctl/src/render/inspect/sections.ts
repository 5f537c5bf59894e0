import type { Drift, HookSnapshot, NodeSnapshot, ProgramSnapshot, Unseen } from '@tsnctl/proxy';
import { type Paint, plain } from '../colour.ts';
import { type Column, renderTable } from '../table.ts';

export interface RenderOptions {
  readonly wide: boolean;
  readonly paint?: Paint;
}

/** A view of a node: what it is and whether all is as wanted, the sections of this view, what is amiss. */
export function renderView(node: NodeSnapshot, sections: readonly string[], paint: Paint = plain): string {
  return [
    renderHead(node, paint),
    ...sections,
    renderDrift(node.drift, paint),
    renderUnseen(node.unseen, paint),
  ].join('');
}

/** A heading and what is below it; nothing where there is nothing. */
export function section(heading: string, body: string, paint: Paint = plain): string {
  return body === '' ? '' : `\n${paint('bold', heading)}\n${body}`;
}

/** In one line: which node, and whether all is as wanted. */
function renderHead({ netns, kernel, via, drift, unseen }: NodeSnapshot, paint: Paint): string {
  const where = netns.name === null ? 'this network namespace' : `network namespace ${netns.name}`;
  const how = unseen.length > 0 && via === null ? '' : `, ${via === null ? 'nothing attached' : `by ${via}`}`;
  return `${where}, kernel ${kernel}${how}\n${renderVerdict({ drift, unseen }, paint)}`;
}

function renderVerdict({ drift, unseen }: Pick<NodeSnapshot, 'drift' | 'unseen'>, paint: Paint): string {
  if (drift.length > 0) {
    const things = drift.length === 1 ? '1 thing is' : `${drift.length} things are`;
    return `${paint('red', `drift: ${things} not as wanted`)}\n`;
  }
  return unseen.length > 0
    ? `${paint('yellow', 'not all could be seen')}\n`
    : `${paint('green', 'all is as wanted')}\n`;
}

type PlacedProgram = ProgramSnapshot & Pick<HookSnapshot, 'interface' | 'hook'>;

const programColumns: readonly Column<PlacedProgram>[] = [
  { heading: 'INTERFACE', value: (row) => row.interface, once: true },
  { heading: 'HOOK', value: (row) => row.hook },
  { heading: '#', value: (row) => `${row.order}`, right: true },
  { heading: 'BY', value: (row) => row.via },
  {
    heading: 'PROGRAM',
    value: (row) => row.name || '?',
    colour: (row) => (row.owner === 'other' ? 'yellow' : undefined),
  },
  { heading: 'OWNER', value: (row) => row.owner },
  { heading: 'ID', value: (row) => `${row.programId ?? ''}`, right: true },
];

const widePrograms: readonly Column<PlacedProgram>[] = [
  ...programColumns,
  { heading: 'LINK', value: (row) => `${row.linkId ?? ''}`, right: true },
  { heading: 'TAG', value: (row) => row.tag ?? '' },
  {
    heading: 'FILTER',
    value: (row) =>
      row.filter
        ? `prio ${row.filter.priority} handle ${row.filter.handle} ${row.filter.name ?? ''}`.trim()
        : '',
  },
  { heading: 'PIN', value: (row) => row.pin ?? '' },
];

/** Programs in the order in which they run, ours and those of others. */
export function renderPrograms(
  hooks: readonly HookSnapshot[],
  { wide, paint = plain }: RenderOptions,
): string {
  const rows = hooks.flatMap(({ interface: name, hook, programs }) =>
    programs.map((program) => ({ ...program, interface: name, hook })),
  );
  if (rows.length === 0) return '';
  return section(
    'PROGRAMS, in the order in which they run',
    renderTable(wide ? widePrograms : programColumns, rows, paint),
    paint,
  );
}

/** What is not as wanted, why, and what to do. */
function renderDrift(drift: readonly Drift[], paint: Paint): string {
  const body = drift
    .map(
      ({ code, message, cause, mend }) =>
        `${paint('red', code)}: ${message}\n    cause  ${cause}\n    mend   ${mend}\n`,
    )
    .join('');
  return section('DRIFT', body, paint);
}

/** What this process may not see. */
function renderUnseen(unseen: readonly Unseen[], paint: Paint): string {
  const body = unseen.map(({ what, why }) => `${paint('yellow', what)}: ${why}\n`).join('');
  const mends = [...new Set(unseen.map(({ mend }) => mend))].map((mend) => `    mend   ${mend}\n`).join('');
  return section('NOT SEEN', body + mends, paint);
}

/** Counters that have counted: `saved 12, denied 3`. */
export function countedText(counters: Readonly<Record<string, string>> | null): string {
  return Object.entries(counters ?? {})
    .filter(([, value]) => value !== '0')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** Priorities that have been sent: `3: 900, 5: 90`, and what has a launch time alone. */
export function byPriorityText(counts: readonly string[] | null): string {
  return (counts ?? [])
    .flatMap((value, priority) =>
      value === '0' ? [] : [`${priority === 0 ? 'launch time alone' : priority}: ${value}`],
    )
    .join(', ');
}

/** Words and values in two columns. */
export function renderFacts(facts: readonly (readonly [string, string])[]): string {
  const shown = facts.filter(([, value]) => value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}
