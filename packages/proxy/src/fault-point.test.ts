import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { carryOut, type FaultPoint, onFaultPoint } from './fault-point.ts';

it('tells of a step before and after it, as long as somebody listens', async () => {
  const heard: string[] = [];
  const hear = ({ plan, when, step }: FaultPoint) => heard.push(`${when} ${step} of ${plan}`);
  {
    using _ = onFaultPoint(hear);
    carryOut('chain', 1, () => void heard.push('one'));
    await carryOut('node', 2, async () => void heard.push('two'));
    expect(() =>
      carryOut('queues', 3, () => {
        throw new Error('refused');
      }),
    ).toThrow('refused');
    await expect(carryOut('node', 4, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  }
  carryOut('chain', 5, () => undefined);
  expect(heard).toEqual([
    'before 1 of chain',
    'one',
    'after 1 of chain',
    'before 2 of node',
    'two',
    'after 2 of node',
    'before 3 of queues',
    'before 4 of node',
  ]);
});

it('is the only way to a step: nothing else performs one', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const calls = sources.flatMap((name) =>
    readFileSync(`${import.meta.dirname}/${name}`, 'utf8')
      .split('\n')
      .filter((line) => /\b(performer\.perform|performTune|performChainStep)\(/.test(line))
      .filter((line) => !line.startsWith('export function '))
      .map((line) => ({ name, line: line.trim() })),
  );
  expect(calls.length).toBeGreaterThan(4);
  expect(calls.filter(({ line }) => !line.includes('carryOut('))).toEqual([]);
});
