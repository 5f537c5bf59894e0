import { setTimeout } from 'node:timers/promises';
import type { NodeSnapshot } from '@tsnctl/proxy';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import { interruption } from '../signals.ts';
import { firstLine, watchLines } from './lines.ts';
import { type Watched, watchFailed, watchNext } from './watched.ts';

export interface WatchOptions {
  readonly look: () => NodeSnapshot;
  readonly everyMs: number;
  /** How many looks; endless where infinite. */
  readonly count: number;
  /** One snapshot a line. */
  readonly json: boolean;
}

/** Live: a screen on a terminal, lines elsewhere and where an end or JSON is asked for. */
export async function watch(options: WatchOptions, finish: (code: Exit) => void): Promise<void> {
  const { look, everyMs, count, json } = options;
  if (hasScreen() && !json && count === Number.POSITIVE_INFINITY) {
    const { showScreen } = await import('./screen.ts');
    await showScreen({ look, everyMs, paint: painter(process.stdout) }).waitUntilExit();
    return;
  }
  const last = await printLines(options);
  if (last.snapshot.drift.length > 0) finish(Exit.drift);
}

function hasScreen(): boolean {
  return process.stdout.isTTY && process.stdin.isTTY && process.env.TERM !== 'dumb';
}

/** Until it has looked often enough, is told to end, or nobody reads any more. */
async function printLines({ look, everyMs, count, json }: WatchOptions): Promise<Watched> {
  using interrupted = interruption();
  using reader = readerGone();
  const ended = Promise.race([interrupted.signal, reader.gone]);
  let watched = watchNext(undefined, look());
  if (!json) process.stdout.write(`${firstLine(watched.snapshot)}\n`);
  for (let looks = 1; ; looks++) {
    for (const line of json ? [JSON.stringify(watched.snapshot)] : watchLines(watched)) {
      process.stdout.write(`${line}\n`);
    }
    if (looks >= count) return watched;
    const abort = new AbortController();
    const next = setTimeout(everyMs, true, { signal: abort.signal }).catch(() => false);
    const isOver = await Promise.race([next, ended.then(() => false)]);
    abort.abort();
    if (!isOver) return watched;
    try {
      watched = watchNext(watched, look());
    } catch (error) {
      watched = watchFailed(watched, error, new Date());
    }
  }
}

/** `tsnctl inspect --watch | head`: no error, but the end. */
function readerGone(): Disposable & { readonly gone: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    resolve();
  };
  process.stdout.on('error', onError);
  return { gone: promise, [Symbol.dispose]: () => void process.stdout.off('error', onError) };
}
