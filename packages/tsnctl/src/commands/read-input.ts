import { readFileSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';

/** What messages call a file; `-` is standard input. */
export function inputName(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** The text of a file that somebody has named, or of standard input. @throws TsnctlError NO_FILE */
export function readInput(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const why = message.replace(/^[A-Z]+: /, '').replace(/, (open|read).*$/, '');
    throw new TsnctlError('NO_FILE', `${inputName(file)}: ${why}`, {
      hint: 'a file that exists and can be read; - is standard input',
      cause,
    });
  }
}
