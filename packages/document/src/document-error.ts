import { TsnctlError } from '@tsnctl/codec';
import type { Path, Place } from './place.ts';

/** What a file's name stands for in messages: `schedule.yaml`, `standard input`. */
export type DocumentFile = string;

/** One thing that is wrong, and where. */
export interface Problem extends Place {
  readonly path: Path;
  readonly message: string;
  /** What would be right. */
  readonly hint?: string;
}

/** Of a text that is something else altogether, the first ones say enough. */
const SHOWN = 20;

/** A text that is no such document. The message has a line for each problem: `file:line:column: key: what is wrong`. */
export class DocumentError extends TsnctlError {
  readonly file: DocumentFile;
  readonly problems: readonly Problem[];

  constructor(file: DocumentFile, problems: readonly Problem[]) {
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const hints = new Set(sorted.flatMap(({ hint }) => (hint === undefined ? [] : [hint])));
    const sentences = [...new Set(sorted.map((problem) => sentence(file, problem)))];
    const more = sentences.length - SHOWN;
    const told = more > 0 ? [...sentences.slice(0, SHOWN), `and ${more} more`] : sentences;
    super('DOCUMENT', told.join('\n'), {
      ...(hints.size > 0 && { hint: [...hints].join('; ') }),
    });
    this.file = file;
    this.problems = sorted;
  }
}

function sentence(file: DocumentFile, { line, column, path, message }: Problem): string {
  return [
    `${file}:${line}:${column}`,
    ...(path.length > 0 ? [path.map(String).join('.')] : []),
    message,
  ].join(': ');
}
