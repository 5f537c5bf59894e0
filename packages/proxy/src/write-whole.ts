import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** A file that is there whole or as it was, and root's alone. On a disk that is full nothing is left beside it. */
export function writeWhole(path: string, temporary: string, text: string): void {
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
