import type * as z from 'zod';
import { DocumentError, type DocumentFile } from './document-error.ts';
import { problemsOf } from './problems.ts';
import { Source } from './source.ts';

export interface ReadOptions {
  /** How messages call the text. */
  readonly file: DocumentFile;
  /** What to write into an empty one. */
  readonly example?: string;
}

/**
 * A YAML or JSON text as `schema` has it, with its defaults filled in, and the source to say later where a part
 * stands. Throws a DocumentError that names file, line, column and key of every problem, and what would be right.
 */
export function readDocument<T>(
  schema: z.ZodType<T>,
  text: string,
  { file, example }: ReadOptions,
): { value: T; source: Source } {
  const source = Source.parse(file, text, example);
  const result = schema.safeParse(source.value, { reportInput: true });
  if (!result.success) throw new DocumentError(file, problemsOf(schema, result.error.issues, source));
  return { value: result.data, source };
}
