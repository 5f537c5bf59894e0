import { expect, it } from 'vitest';
import { UnderWay } from './under-way.ts';

it('waits for all that was begun, and tells what failed', async () => {
  const said: string[] = [];
  const underWay = new UnderWay((error) => said.push(`failed: ${error}`));
  let done = false;
  underWay.add(
    new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      done = true;
    }),
  );
  underWay.add(Promise.reject('no disk'));
  await underWay.idle();
  expect([done, said]).toEqual([true, ['failed: no disk']]);
});

it('does something once for all who ask for it, after what is ready, and again for those who ask later', async () => {
  const underWay = new UnderWay(() => undefined);
  const done: string[] = [];
  const save = () => void done.push('saved');
  underWay.soon(save);
  await Promise.resolve().then(() => done.push('answered'));
  underWay.soon(save);
  await underWay.idle();
  expect(done).toEqual(['answered', 'saved']);
  underWay.soon(save);
  await underWay.idle();
  expect(done).toEqual(['answered', 'saved', 'saved']);
});
