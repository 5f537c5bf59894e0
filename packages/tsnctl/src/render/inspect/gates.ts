import { describePriorities } from '@tsnctl/netlink';
import { formatDuration, type GatesSnapshot, type ScheduleSnapshot } from '@tsnctl/proxy';
import { renderTable } from '../table.ts';

/** A schedule of gates: each entry of the cycle, and which classes may send then. */
export function renderGates({ mode, clock, classes, inForce, toCome }: ScheduleSnapshot): string {
  const how =
    mode === 'software' ? 'in software' : mode === 'full-offload' ? 'by the NIC' : 'by launch times';
  const head = `gates ${how}, ${clock ?? "the NIC's own clock"}\n`;
  const map = classes
    .map(({ class: tc, priorities, maxSduBytes }) => {
      const limit = maxSduBytes === null ? '' : `, up to ${maxSduBytes} bytes`;
      return `    class ${tc}: ${describePriorities(priorities)}${limit}\n`;
    })
    .join('');
  return [
    head,
    map,
    inForce ? renderCycle('in force', inForce, classes.length) : '',
    toCome ? renderCycle('to come', toCome, classes.length) : '',
  ].join('');
}

function renderCycle(
  title: string,
  { entries, baseTimeNs, cycleTimeNs }: GatesSnapshot,
  classes: number,
): string {
  const cycle = cycleTimeNs ?? `${entries.reduce((sum, { intervalNs }) => sum + intervalNs, 0)}`;
  const numbers = Array.from({ length: classes }, (_, tc) => tc);
  const table = renderTable(
    [
      { heading: 'AT', value: ({ at }) => formatDuration(BigInt(at)), right: true },
      { heading: 'FOR', value: ({ entry }) => formatDuration(BigInt(entry.intervalNs)), right: true },
      ...numbers.map((tc) => ({
        heading: `${tc}`,
        group: 'OPEN CLASSES',
        value: ({ entry }: { entry: GatesSnapshot['entries'][number]; at: number }) =>
          entry.openClasses.includes(tc) ? '■' : '·',
      })),
      {
        heading: '',
        value: ({ entry }) =>
          ({ S: '', H: 'hold preemption', R: 'release preemption' })[entry.command] ?? entry.command,
      },
    ],
    entries.map((entry, index) => ({
      entry,
      at: entries.slice(0, index).reduce((sum, { intervalNs }) => sum + intervalNs, 0),
    })),
  );
  const base = baseTimeNs === null ? '' : `, from ${baseTimeNs} ns`;
  return `${title}: a cycle of ${formatDuration(BigInt(cycle))}${base}\n${indented(table)}`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}
