import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '@tsnctl/linux';
import { readConfig } from './read-config.ts';
import type { Config } from './schema.ts';

export interface WatchConfigOptions {
  readonly onChange: (config: Config) => void;
  /** A text that cannot be taken; what held before holds still. */
  readonly onRefused: (error: unknown) => void;
  /** What was read already: a change since then is told, too. What is there now, unless told. */
  readonly since?: string;
  /** After an event: whoever writes a file writes more than once. */
  readonly settleMs?: number;
  /** Events can be missed, on a network's file system always. */
  readonly everyMs?: number;
}

const SETTLE_MS = 100;
const EVERY_MS = 10_000;

/**
 * Hear of each new text of a configuration, until disposed. Its directory is watched, not the file: editors put a
 * new file in its place, and a ConfigMap swaps a link.
 */
export function watchConfig(file: string, options: WatchConfigOptions): Disposable {
  const { onChange, onRefused, settleMs = SETTLE_MS, everyMs = EVERY_MS } = options;
  let known = options.since ?? configVersion(file);
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;

  const look = () => {
    timer = setTimeout(look, everyMs);
    follow();
    const now = configVersion(file);
    if (now === known) return;
    known = now;
    try {
      onChange(readConfig(file));
    } catch (error) {
      onRefused(error);
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, settleMs);
  };
  const follow = () => {
    if (watcher) return;
    try {
      watcher = watch(dirname(file), soon);
      watcher.on('error', stop);
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'EACCES', 'ENOSPC', 'EMFILE')) throw error; // then by the clock alone
    }
  };
  const stop = () => {
    watcher?.close();
    watcher = undefined;
  };

  follow();
  soon();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      stop();
    },
  };
}

/** Tells one text of a configuration from another; what cannot be read is one, too. */
export function configVersion(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    return String(error);
  }
}
