import type { Finding, Severity } from '@tsnctl/proxy';
import { type Colour, type Paint, plain } from './colour.ts';

const colours: Readonly<Record<Severity, Colour>> = {
  error: 'red',
  warning: 'bold',
  hint: 'bold',
  unseen: 'bold',
  ok: 'green',
};

/** `n errors`, in words. */
const counted: Readonly<Record<Severity, readonly [one: string, more: string]>> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  hint: ['hint', 'hints'],
  unseen: ['not seen', 'not seen'],
  ok: ['ok', 'ok'],
};

const SEVERITY_WIDTH = 'warning'.length;

/** The worst first, each with its mend; what was seen in the wide form, too. */
export function renderFindings(findings: readonly Finding[], wide: boolean, paint: Paint = plain): string {
  const checkWidth = Math.max(0, ...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(SEVERITY_WIDTH + checkWidth + 4);
  const lines = findings.flatMap(({ severity, check, message, evidence, mend }) => [
    `${paint(colours[severity], severity.padEnd(SEVERITY_WIDTH))}  ${check.padEnd(checkWidth)}  ${message}`,
    ...(wide && evidence !== undefined ? [`${indent}Seen: ${evidence}`] : []),
    ...(mend !== undefined ? [`${indent}Try: ${mend}`] : []),
  ]);
  return `${[...lines, '', summary(findings)].join('\n')}\n`;
}

function summary(findings: readonly Finding[]): string {
  const parts = (Object.keys(counted) as Severity[]).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${counted[severity][count === 1 ? 0 : 1]}`];
  });
  return parts.length === 0 ? 'Nothing to say.' : parts.join(', ');
}
