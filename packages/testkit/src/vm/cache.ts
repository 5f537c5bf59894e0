import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is fetched or made once lives here, outside of the repository. The directory is there on return. */
export function cacheDirectory(...below: string[]): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const directory = join(base, 'tsnctl', 'vm', ...below);
  mkdirSync(directory, { recursive: true });
  return directory;
}
