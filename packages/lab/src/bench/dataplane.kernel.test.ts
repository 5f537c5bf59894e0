import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { benchDataplane, dataplaneParts } from './dataplane.ts';
import type { Figure } from './figure.ts';
import { usableCpus } from './flood.ts';

useLeakCheck();
beforeEach((context) =>
  requires(context, { root: true, kernel: [6, 11], programs: ['cc', 'nft', 'setpriv', 'taskset'] }),
);

const TINY = { rounds: 1, flood: 2000, testRuns: 1000, pods: [1, 9, 20], judgedThousands: 2 };

describe('benchDataplane', () => {
  it('has every figure, and its numbers fit each other', { timeout: 180_000 }, async () => {
    const titles: string[] = [];
    const { figures } = await benchDataplane({ effort: TINY, onPart: (title) => titles.push(title) });
    expect(titles).toEqual(dataplaneParts.map(({ title }) => title));
    const names = figures.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(expectedNames()));
    for (const figure of figures) expect(figure, figure.name).toSatisfy(isSane);

    const value = (name: string) => figures.find((figure) => figure.name === name)?.value;
    const of = (name: string) => figures.find((figure) => figure.name === name);
    expect(value('misattribution/neighbour/host/judged')).toBe(400);
    for (const figure of figures.filter(({ goal }) => goal === 0)) expect(figure.value, figure.name).toBe(0);
    // The test double is what it is made out to be: its packets have a neighbour's priority.
    expect(of('misattribution/neighbour/host/wrong-priority')?.against).toBeGreaterThan(300);
  });

  it('stops when it is told to, half-way through a flood', async () => {
    const interrupt = new AbortController();
    const running = benchDataplane({
      effort: { ...TINY, flood: 50_000_000 },
      onPart: () => setTimeout(() => interrupt.abort(new Error('enough')), 500),
      signal: interrupt.signal,
    });
    await expect(running).rejects.toThrow();
  });
});

function isSane({ value, against, ratio, range, goal, met, unit }: Figure): boolean {
  const finite = [value, against, ratio, ...(range ?? [])].every(
    (each) => each === null || Number.isFinite(each),
  );
  const whole = unit === 'ns' || (Number.isInteger(value) && value >= 0);
  const promised = (goal === null) === (met === null);
  const compared = (ratio === null) === (range === null);
  return finite && whole && promised && compared && Math.abs(value) < 1e6;
}

function expectedNames(): string[] {
  const scenarios = ['priority-only', 'launch-time-mono', 'launch-time-tai', 'ordinary'];
  const cost = scenarios.flatMap((scenario) =>
    ['host', 'host/saver', 'host/restorer'].map((what) => `cost/${scenario}/${what}`),
  );
  const parts = ['socket', 'slot', 'policy', 'count', 'helper', 'store', 'tick', 'tai'];
  const cases = ['neighbour', 'two-senders', 'drops', 'launch-times', 'bursts'];
  const misattribution = cases.flatMap((one) =>
    ['judged', 'wrong-priority', 'wrong-time', 'lost'].map((what) => `misattribution/${one}/host/${what}`),
  );
  const twoCpus = ['2-cpus/1-pod', '2-cpus/9-pods', '2-cpus/20-pods'];
  const flatness = ['1-cpu/9-pods', '1-cpu/20-pods', ...(usableCpus().length > 1 ? twoCpus : [])];
  return [
    ...cost,
    ...parts.map((part) => `parts/${part}`),
    ...['saver', 'strip', 'restorer'].map((program) => `untouched/${program}`),
    ...flatness.map((name) => `flatness/${name}`),
    ...misattribution,
  ];
}
