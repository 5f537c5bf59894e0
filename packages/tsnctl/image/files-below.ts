import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All files and links below, by their whole paths; no link is followed: those of an image lead out of it. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
