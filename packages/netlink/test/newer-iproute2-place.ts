import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where newer-iproute2.ts puts its tools unless told: outside of the repository, like all that is fetched. */
export const newerIproute2 = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'tsnctl',
  'iproute2-6.15',
);
