import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { NodeObservations } from '../src/inspect/observations.ts';

const CASES = fileURLToPath(new URL('../testdata/inspect', import.meta.url));

/** The folders of observations, by name. */
export function inspectCases(): string[] {
  return readdirSync(CASES).sort();
}

export function inspectCase(name: string): NodeObservations {
  const { observedAt, ...rest } = parse(readFileSync(`${CASES}/${name}/observations.yaml`, 'utf8'), {
    intAsBigInt: true,
  });
  return { ...(revive(rest) as object), observedAt: new Date(observedAt) } as NodeObservations;
}

/** What the kernel tells in 64 bits; every other number is an ordinary one. */
const BIG = new Set(['cookie', 'horizonNs', 'bytes', 'packets', 'baseTimeNs', 'cycleTimeNs']);
const COUNTERS = 'counters';

function revive(value: unknown, key = '', big = false): unknown {
  if (typeof value === 'bigint') return big || BIG.has(key) ? value : Number(value);
  if (Array.isArray(value)) return value.map((one) => revive(one, '', false));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, revive(inner, name, key === COUNTERS)]),
  );
}
