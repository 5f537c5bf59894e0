import { getHeapStatistics } from 'node:v8';
import { giveBack } from '@tsnctl/linux';

const ASK_MS = 5_000;
/** At the latest, and by then it costs nothing. */
const COLLECT_MS = 120_000;
/** Whoever has been busy is cleaned up after sooner. */
const GROWN_BYTES = 12 << 20;

/**
 * The agent stays, so it is to be small: what its start took is given back now, and garbage as it adds up, where
 * bin/tsnctl has V8 not look after that by itself (docs/decisions/2026-11-29-what-an-idle-agent-costs.md).
 */
export function keepSmall(): Disposable {
  collect();
  giveBack();
  let [bytes, at] = [heapBytes(), performance.now()];
  return setInterval(() => {
    const isDue = performance.now() - at >= COLLECT_MS || heapBytes() - bytes > GROWN_BYTES;
    if (!isDue) return;
    collect();
    [bytes, at] = [heapBytes(), performance.now()];
  }, ASK_MS).unref();
}

function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}

function collect(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
