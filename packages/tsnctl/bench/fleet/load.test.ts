import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { agentLoad, clusterLoad, WRITE_S, writesPerS } from './load.ts';
import { scaleSums, scaleTables } from './page.ts';
import { COSTS, SHAPES, TARGET } from './shapes.ts';

describe('what an agent costs', () => {
  it('stays as it is where the cluster grows and each node is as busy as before', () => {
    const [first, ...others] = SHAPES.map((shape) => Object.values(agentLoad(shape, COSTS)));
    for (const other of others) {
      for (const [at, value] of other.entries()) expect(value).toBeCloseTo(first?.[at] ?? Number.NaN, 9);
    }
  });

  it('goes with what is of the whole cluster: namespaces, policies, and how often they change', () => {
    const usual = agentLoad(TARGET, COSTS);
    const more = agentLoad({ ...TARGET, namespaces: 2 * TARGET.namespaces }, COSTS);
    expect(more.startBytes - usual.startBytes).toBe(TARGET.namespaces * COSTS.namespaceBytes);
    const busier = agentLoad({ ...TARGET, editsPerS: TARGET.editsPerS + 1 }, COSTS);
    expect(busier.eventsPerS - usual.eventsPerS).toBeCloseTo(1, 9);
  });

  it('is paid by each', () => {
    const [one, all] = [agentLoad(TARGET, COSTS), clusterLoad(TARGET, COSTS)];
    expect(all.requestsPerS).toBeCloseTo(one.requestsPerS * TARGET.nodes, 6);
    expect(all.writesPerS).toBeLessThanOrEqual(TARGET.nodes / WRITE_S.least);
  });
});

describe('how often a state is written', () => {
  it('has the limits of the writer', () => {
    expect(writesPerS(0)).toBe(1 / WRITE_S.most);
    expect(writesPerS(1e-9)).toBeCloseTo(1 / WRITE_S.most, 6);
    expect(writesPerS(1e6)).toBeCloseTo(1 / WRITE_S.least, 6);
  });

  it.each([0.001, 0.04, 0.3])('is what drawn changes come to: %f changes/s', (changesPerS) => {
    expect(drawn(changesPerS) / writesPerS(changesPerS)).toBeCloseTo(1, 1.5);
  });
});

/** Writes a second, of changes drawn at random, a rule at a time as the writer has it. */
function drawn(changesPerS: number): number {
  const random = generator(7);
  const writes = 20_000;
  let now = 0;
  let change = 0;
  let wasWritten = 0;
  for (let write = 0; write < writes; write++) {
    let isChanged = false;
    while (change <= wasWritten + WRITE_S.least) {
      isChanged ||= change > wasWritten;
      change += -Math.log(1 - random()) / changesPerS;
    }
    now = isChanged ? wasWritten + WRITE_S.least : Math.min(change, wasWritten + WRITE_S.most);
    wasWritten = now;
  }
  return writes / now;
}

/** mulberry32: the same numbers each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

it('docs/scale.md shows what the code computes', () => {
  const page = readFileSync(new URL('../../../../docs/scale.md', import.meta.url), 'utf8');
  const { agent, cluster } = scaleTables();
  expect(page).toContain(agent);
  expect(page).toContain(cluster);
  expect(page).toContain(scaleSums());
});
