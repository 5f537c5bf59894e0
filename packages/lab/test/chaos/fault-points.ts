import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type FaultPoint, onFaultPoint } from '@tsnctl/proxy';
import { expect } from 'vitest';
import type { Lab } from '../../src/lab.ts';
import type { Plane } from '../plane.ts';
import { Traffic } from '../traffic.ts';
import type { Deed } from './deed.ts';
import type { KilledDeed } from './killed-deed.ts';

/** Before and after every step that something takes, whatever its steps are. */
export async function faultPointsOf(action: () => unknown): Promise<FaultPoint[]> {
  const points: FaultPoint[] = [];
  using _ = onFaultPoint((point) => points.push(point));
  await action();
  return points;
}

const PROGRAM = fileURLToPath(new URL('killed-deed.ts', import.meta.url));

/** Begins a deed in processes of their own, and sees each killed at one point; the next one loads meanwhile. */
export class Killer implements AsyncDisposable {
  readonly #deed: Pick<KilledDeed, 'place' | 'name'>;
  #next: { child: ChildProcess; point: number } | undefined;

  constructor(deed: Pick<KilledDeed, 'place' | 'name'>) {
    this.#deed = deed;
    this.#load(0);
  }

  /** The points in their order, from 0. */
  async killAt(point: number): Promise<void> {
    if (this.#next?.point !== point) throw new Error(`point ${point} is not the next one`);
    const { child } = this.#next;
    this.#load(point + 1);
    child.stdin?.end('go\n');
    const [, signal] = await once(child, 'close');
    expect(signal, `at point ${point}`).toBe('SIGKILL');
  }

  #load(point: number): void {
    const args = ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', PROGRAM];
    const killed: KilledDeed = { ...this.#deed, point };
    const child = spawn(process.execPath, [...args, JSON.stringify(killed)], {
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
    });
    this.#next = { child, point };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#next?.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

const COMPILED = fileURLToPath(new URL('../../../../node_modules/.cache/tsnctl-tests', import.meta.url));

const APPLICATIONS = [{ priority: 5, txtime: 'mono' as const }, { priority: 3 }];
const LOAD = { count: 30_000, intervalUs: 150 };

/**
 * Something for each point while packets pass: as many loads as it takes. No packet may be missing, and none may
 * have what it did not ask for; it may have less. Returns how many packets passed.
 */
export async function underTraffic<Point>(
  lab: Lab,
  plane: Plane,
  points: readonly Point[],
  action: (point: Point) => Promise<void>,
  { takes }: Pick<Deed, 'takes'> = {},
): Promise<number> {
  const left = [...points];
  let packets = 0;
  while (left.length > 0) {
    await using traffic = await Traffic.start(lab, plane, APPLICATIONS, LOAD);
    // What begins in the first half of a load has packets to its end.
    while (traffic.passed < traffic.total / 2) {
      const point = left.shift();
      if (point === undefined) break;
      await action(point);
    }
    const { missing: gone, verdicts } = await traffic.remains();
    const missing = takes === 'packets' ? 0 : gone;
    expect({ missing, wrong: verdicts.map(({ wrong }) => wrong) }).toEqual({ missing: 0, wrong: [0, 0] });
    packets += traffic.total;
  }
  return packets;
}
