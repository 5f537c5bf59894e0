import { setImmediate } from 'node:timers/promises';
import { TsnctlError } from '@tsnctl/codec';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Run something long that takes itself down when its signal aborts. Ctrl-C, SIGTERM and SIGHUP abort it;
 * the error that is then thrown has the signal's name as its code.
 */
export async function interruptible<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  using stack = new DisposableStack();
  for (const name of SIGNALS) {
    const stop = () =>
      interrupt.abort(new TsnctlError(name, `stopped by ${name}; everything was taken down`));
    process.on(name, stop);
    stack.defer(() => process.off(name, stop));
  }
  try {
    const result = await action(interrupt.signal);
    interrupt.signal.throwIfAborted();
    return result;
  } catch (error) {
    await setImmediate(); // Ctrl-C ends our children too; their end may be heard of before the signal is.
    throw interrupt.signal.aborted && !(error instanceof SuppressedError) ? interrupt.signal.reason : error;
  }
}

/** Resolves with the name of the first of these signals; from then on they end the process at once again. */
export function interruption(): Disposable & { readonly signal: Promise<string> } {
  const stack = new DisposableStack();
  const signal = new Promise<string>((resolve) => {
    for (const name of SIGNALS) {
      const stop = () => {
        stack.dispose();
        resolve(name);
      };
      process.on(name, stop);
      stack.defer(() => process.off(name, stop));
    }
  });
  return { signal, [Symbol.dispose]: () => stack.dispose() };
}
