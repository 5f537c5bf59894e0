import { lstatSync } from 'node:fs';
import { filesBelow } from './files-below.ts';

/** The bytes of all files below. */
export function directorySize(directory: string): number {
  return filesBelow(directory)
    .map((path) => lstatSync(path))
    .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);
}
