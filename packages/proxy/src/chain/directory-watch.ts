import { type BigIntStats, type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrno } from '@tsnctl/linux';

export interface DirectoryWatchOptions {
  /** Something has happened there. */
  readonly onEvent: () => void;
  /** What cannot be watched has to be looked at now and then. */
  readonly onUnwatched: (path: string, error: unknown) => void;
}

/**
 * Hears of what happens to a directory and to those in it; where it is not there, to the nearest one above, in which
 * it may be made. `follow` is to be called after each event: it watches what is there by then.
 */
export class DirectoryWatch implements Disposable {
  readonly #directory: string;
  readonly #options: DirectoryWatchOptions;
  readonly #watchers = new Map<string, { watcher: FSWatcher; identity: string }>();

  constructor(directory: string, options: DirectoryWatchOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** A directory that was made anew is another, also where it has the number of the old one. */
  follow(): void {
    const wanted = directoriesOf(this.#directory);
    for (const [path, { identity }] of this.#watchers) if (wanted.get(path) !== identity) this.#leave(path);
    for (const [path, identity] of wanted) if (!this.#watchers.has(path)) this.#watch(path, identity);
  }

  [Symbol.dispose](): void {
    for (const path of [...this.#watchers.keys()]) this.#leave(path);
  }

  #watch(path: string, identity: string): void {
    const { onEvent, onUnwatched } = this.#options;
    try {
      const watcher = watch(path, onEvent);
      watcher.on('error', () => {
        this.#leave(path);
        onEvent();
      });
      this.#watchers.set(path, { watcher, identity });
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) onUnwatched(path, error);
    }
  }

  #leave(path: string): void {
    this.#watchers.get(path)?.watcher.close();
    this.#watchers.delete(path);
  }
}

function directoriesOf(directory: string): Map<string, string> {
  try {
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const paths = [directory, ...below.map(({ name }) => join(directory, name))];
    return new Map(paths.map((path) => [path, identityOf(statSync(path, { bigint: true }))]));
  } catch (error) {
    const above = dirname(directory);
    if (above === directory || !isErrno(error, 'ENOENT', 'ENOTDIR')) return new Map();
    return nearest(above);
  }
}

function nearest(directory: string): Map<string, string> {
  const found = statSync(directory, { bigint: true, throwIfNoEntry: false });
  if (found?.isDirectory()) return new Map([[directory, identityOf(found)]]);
  const above = dirname(directory);
  return above === directory ? new Map() : nearest(above);
}

function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${birthtimeNs}`;
}
