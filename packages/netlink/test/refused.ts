import { TsnctlError } from '@tsnctl/codec';

/** The message of what is refused, and what to try instead where that is said. */
export function refused(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    if (!(error instanceof TsnctlError)) throw error;
    return error.hint === undefined ? [error.message] : [error.message, error.hint];
  }
  throw new Error('nothing was refused');
}
