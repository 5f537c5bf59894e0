import { DocumentError } from '@tsnctl/document';
import { expect, it } from 'vitest';
import { describeError, Exit, exitCodeOf } from './exit.ts';

const problem = (line: number, message: string, hint?: string) => ({
  line,
  column: 1,
  path: ['uplinks'],
  message,
  ...(hint !== undefined && { hint }),
});

it('a file with one problem is told on one line', () => {
  const error = new DocumentError('config.yaml', [problem(3, 'missing', 'uplinks: a list')]);
  expect(describeError(error)).toBe('config.yaml:3:1: uplinks: missing. Try: uplinks: a list');
  expect(exitCodeOf(error)).toBe(Exit.usage);
});

it('a file with several problems is told on a line for each', () => {
  const error = new DocumentError('config.yaml', [
    problem(7, 'no such key'),
    problem(3, 'missing', 'a list'),
  ]);
  expect(describeError(error)).toBe(
    ['config.yaml:3:1: uplinks: missing', 'config.yaml:7:1: uplinks: no such key', 'Try: a list'].join(
      '\n  ',
    ),
  );
});
