// Faults under traffic: npm run test:chaos, the short set; -- --full, all; -- --full NAME, the files that are named so.
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2);
const full = args.includes('--full');
const { status, error } = spawnSync(
  'vitest',
  ['run', '--mode', 'chaos', ...args.filter((it) => it !== '--full')],
  {
    stdio: 'inherit',
    env: { ...process.env, ...(full && { TSNCTL_CHAOS: 'full' }) },
  },
);
if (error) console.error(error.message);
process.exitCode = status ?? 1;
