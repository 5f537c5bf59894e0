import type { Path, Source } from '@tsnctl/document';

/** An error is refused by the kernel, or loses packets for good; a warning may be what is wanted; a note explains. */
export type Severity = 'error' | 'warning' | 'note';

/** Something to know about a schedule. */
export interface Finding {
  /** Its name, for programs: CYCLE_SUM. */
  readonly code: string;
  readonly severity: Severity;
  /** Where in the schedule: keys and indices. */
  readonly path: Path;
  readonly message: string;
  /** What would be right. */
  readonly hint?: string;
}

/** A finding with its place in the text. */
export interface PlacedFinding extends Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where each finding stands in the text, in the order of the text. */
export function placeFindings(findings: readonly Finding[], source: Source): PlacedFinding[] {
  return findings
    .map((finding) => ({ ...finding, file: source.file, ...source.placeOf(finding.path) }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** `schedule.yaml:3:8: error CYCLE_SUM: cycle: ... Try: ...` */
export function describeFinding(finding: Finding | PlacedFinding): string {
  const { severity, code, path, message, hint } = finding;
  const place = 'file' in finding ? `${finding.file}:${finding.line}:${finding.column}: ` : '';
  const key = path.length > 0 ? `${path.map(String).join('.')}: ` : '';
  return `${place}${severity} ${code}: ${key}${message}${hint === undefined ? '' : `. Try: ${hint}`}`;
}
