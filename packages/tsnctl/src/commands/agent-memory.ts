import { DisposableStack, giveBack } from '@tsnctl/linux';

/** Long enough that it costs nothing, and short enough that what was used in between does not add up. */
const COLLECT_MS = 120_000;

/**
 * The agent stays, so it is to be small: what its start took is given back now, and garbage now and then, where
 * bin/tsnctl lets V8 not look after that by itself (see docs/decisions/2026-11-29-what-an-idle-agent-costs.md).
 */
export function keepSmall(): Disposable {
  collect();
  giveBack();
  const timer = setInterval(collect, COLLECT_MS).unref();
  const stack = new DisposableStack();
  stack.defer(() => clearInterval(timer));
  return stack;
}

function collect(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
