import { release } from 'node:os';
import { abilities } from '@tsnctl/proxy';
import { Lab } from './lab.ts';
import { paths } from './paths/index.ts';
import type { Path } from './paths/path.ts';
import { type Row, type RunOptions, runPath } from './run-path.ts';
import { stageTalker } from './staging.ts';

export interface DemoResult {
  kernel: string;
  mode: 'host' | 'pod';
  rows: Row[];
  /** Every row kept everything, and no packet had metadata that was not its own. */
  ok: boolean;
}

export interface DemoOptions extends Omit<RunOptions, 'talker'> {
  /** Every path by default. */
  paths?: readonly Path[];
  /** Hears of each path as it begins. */
  onPath?: (path: Path) => void;
}

/** Run one path after the other, each in a lab of its own. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  await using lab = Lab.create();
  const talker = stageTalker(lab);
  const rows: Row[] = [];
  for (const path of options.paths ?? paths) {
    options.signal?.throwIfAborted();
    options.onPath?.(path);
    rows.push(...(await runPath(path, { ...options, talker })));
  }
  return {
    kernel: release(),
    mode: options.mode ?? (abilities().hostMode ? 'host' : 'pod'),
    rows,
    ok: rows.length > 0 && rows.every(isWhole),
  };
}

/** Whether the proxy kept everything in this row. */
export function isWhole(row: Row): boolean {
  const { priority, launchTime, wrong } = row.with;
  return priority === row.sent && (launchTime === null || launchTime === row.sent) && wrong === 0;
}
