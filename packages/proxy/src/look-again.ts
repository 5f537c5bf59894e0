import { isErrno } from '@tsnctl/linux';

const ATTEMPTS = 5;

/** A node changes while somebody looks at it, who locks nobody out: where a thing has just gone, look again. */
export function lookAgain<T>(look: () => T): T {
  for (let attempt = 1; ; attempt++) {
    try {
      return look();
    } catch (error) {
      if (attempt === ATTEMPTS || !isErrno(error, 'ENOENT', 'ENODEV')) throw error;
    }
  }
}
