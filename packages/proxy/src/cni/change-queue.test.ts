import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ApplyAll, ChangeQueue } from './change-queue.ts';

const none = new Map();

describe('a queue of changes', () => {
  it('carries out all that came in at once as one', async () => {
    const batches: number[][] = [];
    const queue = new ChangeQueue<number>((changes) => {
      batches.push([...changes]);
      return none;
    });
    await Promise.all(range(30).map((number) => queue.submit(number)));
    await queue.submit(30);
    expect(batches).toEqual([range(30), [30]]);
  });

  it('collects what comes while one is carried out, in order', async () => {
    const batches: number[][] = [];
    const late: Promise<void>[] = [];
    const queue: ChangeQueue<number> = new ChangeQueue((changes) => {
      batches.push([...changes]);
      if (changes[0] === 0) late.push(...[1, 2, 3].map((number) => queue.submit(number)));
      return none;
    });
    await queue.submit(0);
    await Promise.all(late);
    await queue.idle();
    expect(batches).toEqual([[0], [1, 2, 3]]);
  });

  it('tells those that were refused, and them alone', async () => {
    const queue = new ChangeQueue<number>(() => new Map([[1, new Error('refused')]]));
    expect(await outcomes(queue, [0, 1, 2])).toEqual(['done', 'refused', 'done']);
  });

  it('does them one by one where all together fail: only the guilty one fails', async () => {
    const batches: number[][] = [];
    const queue = new ChangeQueue<number>((changes) => {
      batches.push([...changes]);
      if (changes.includes(1)) throw new Error('the kernel says no');
      return none;
    });
    expect(await outcomes(queue, [0, 1, 2])).toEqual(['done', 'the kernel says no', 'done']);
    expect(batches).toEqual([[0, 1, 2], [0], [1], [2]]);
    expect(await outcomes(queue, [3])).toEqual(['done']);
  });

  it('waits for another that is changing the node, so long', async () => {
    let attempts = 0;
    const options = {
      isBusy: (error: unknown) => String(error) === 'Error: busy',
      retryMs: 1,
      patienceMs: 5,
    };
    const busy =
      (times: number): ApplyAll<number> =>
      () => {
        if (attempts++ < times) throw new Error('busy');
        return none;
      };
    expect(await outcomes(new ChangeQueue(busy(3), options), [0, 1])).toEqual(['done', 'done']);
    expect(attempts).toBe(4);
    attempts = 0;
    expect(await outcomes(new ChangeQueue(busy(1_000), options), [0, 1])).toEqual(['busy', 'busy']);
    expect(attempts).toBe(6); // and not once more for each
  });

  it('is not idle before all is done', async () => {
    let done = 0;
    const queue = new ChangeQueue<number>((changes) => {
      done += changes.length;
      return none;
    });
    await queue.idle();
    for (const number of range(3)) queue.submit(number);
    await sleep(0);
    queue.submit(3);
    await queue.idle();
    expect(done).toBe(4);
  });
});

async function outcomes(queue: ChangeQueue<number>, changes: number[]): Promise<string[]> {
  const all = changes.map((change) =>
    queue.submit(change).then(
      () => 'done',
      (error) => error.message,
    ),
  );
  return Promise.all(all);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
