import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Lab } from '../../src/lab.ts';
import type { Plane } from '../plane.ts';
import { Traffic } from '../traffic.ts';
import type { KilledChange } from './killed-change.ts';

export interface Point {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** Before and after every step of a plan, whatever its steps are. */
export function faultPoints(steps: readonly unknown[]): Point[] {
  return steps.flatMap((_, at) => [
    { at, when: 'before' as const },
    { at, when: 'after' as const },
  ]);
}

const PROGRAM = fileURLToPath(new URL('killed-change.ts', import.meta.url));

/** Begin a change in a process of its own, and see it killed at this point. */
export async function killAt(point: Point, where: Omit<KilledChange, 'at' | 'when'>): Promise<void> {
  const args = ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', PROGRAM];
  const child = spawn(process.execPath, [...args, JSON.stringify({ ...where, ...point })], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [, signal] = await once(child, 'close');
  expect(signal, `${point.when} step ${point.at}`).toBe('SIGKILL');
}

const APPLICATIONS = [{ priority: 5, txtime: 'mono' as const }, { priority: 3 }];
const LOAD = { count: 30_000, intervalUs: 150 };

/**
 * Something for each point while packets pass: as many loads as it takes. No packet may be missing, and none may
 * have what it did not ask for; it may have less.
 */
export async function underTraffic(
  lab: Lab,
  plane: Plane,
  points: readonly Point[],
  action: (point: Point) => Promise<void>,
): Promise<void> {
  const left = [...points];
  while (left.length > 0) {
    await using traffic = await Traffic.start(lab, plane, APPLICATIONS, LOAD);
    // What begins in the first half of a load has packets to its end.
    while (traffic.passed < traffic.total / 2) {
      const point = left.shift();
      if (!point) break;
      await action(point);
    }
    const { missing, verdicts } = await traffic.remains();
    expect({ missing, wrong: verdicts.map(({ wrong }) => wrong) }).toEqual({ missing: 0, wrong: [0, 0] });
  }
}
