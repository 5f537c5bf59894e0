import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => vi.unstubAllGlobals());

/** As it is on Node 22. */
async function without(): Promise<typeof globalThis.DisposableStack> {
  vi.stubGlobal('DisposableStack', undefined);
  vi.resetModules();
  return (await import('./disposable-stack.ts')).DisposableStack;
}

describe('DisposableStack', () => {
  it("is the language's own where there is one", async () => {
    vi.resetModules();
    expect((await import('./disposable-stack.ts')).DisposableStack).toBe(globalThis.DisposableStack);
  });

  it('disposes in reverse, all of them, and throws what was thrown', async () => {
    const Stack = await without();
    const done: string[] = [];
    const stack = new Stack();
    stack.use({ [Symbol.dispose]: () => void done.push('first') });
    expect(stack.adopt(5, (value) => void done.push(`second ${value}`))).toBe(5);
    stack.defer(() => {
      throw new Error('third');
    });
    expect(() => stack.dispose()).toThrow('third');
    expect(done).toEqual(['second 5', 'first']);
    expect(stack.disposed).toBe(true);
    stack[Symbol.dispose]();
    expect(() => stack.defer(() => undefined)).toThrow('the stack is disposed');
  });

  it('moves what it holds', async () => {
    const Stack = await without();
    const done: string[] = [];
    const stack = new Stack();
    stack.defer(() => void done.push('moved'));
    const moved = stack.move();
    stack.dispose();
    expect([stack.disposed, done]).toEqual([true, []]);
    moved.dispose();
    expect(done).toEqual(['moved']);
  });
});
