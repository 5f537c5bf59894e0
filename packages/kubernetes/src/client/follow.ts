import type { KubernetesListObject, KubernetesObject, ListWatch } from '@kubernetes/client-node';
import { backOffMs } from './back-off.ts';
import type { ApiObject, KubeClient } from './kube-client.ts';

export interface FollowOptions<T extends ApiObject> {
  readonly client: KubeClient;
  /** Of a list: `/api/v1/pods` */
  readonly path: string;
  readonly fieldSelector?: string;
  /** What of an object is kept; what a node does not need costs it no memory. */
  readonly slim: (object: ApiObject) => T;
  /** Something is other than before; several changes at once are one call. */
  readonly onChange: () => void;
  /** Said once for each outage, and where `onChange` throws. */
  readonly onTrouble: (message: string) => void;
}

/** A list of the API that follows what happens to it. */
export interface Followed<T> extends Disposable {
  /** It was seen whole; from then on it is kept, also while the API server is away. */
  readonly isSynced: boolean;
  list(): readonly T[];
}

// A server sends a bookmark once a minute: with nothing for this long the connection is dead.
const SILENT_MS = 150_000;
// Watches end after this long, and go on from where they were: spread, so that they do not all end at once.
const [LEAST_SECONDS, MOST_SECONDS] = [300, 600];

/**
 * The client's own informer, with what it leaves to others: bookmarks are asked for, a failure is answered by another
 * attempt after a while, objects are cut down to what is needed.
 */
export function follow<T extends ApiObject>(options: FollowOptions<T>): Followed<T> {
  const { client, path, fieldSelector, slim, onChange, onTrouble } = options;
  const { library } = client;
  let isSynced = false;
  let disposed = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let told: NodeJS.Immediate | undefined;

  const changed = () => {
    told ??= setImmediate(() => {
      told = undefined;
      if (disposed) return;
      try {
        onChange();
      } catch (error) {
        onTrouble(`${path}: what has changed could not be followed: ${error}`);
      }
    });
  };

  class Watch extends library.Watch {
    override async watch(
      ...[at, query, callback, done]: Parameters<InstanceType<typeof library.Watch>['watch']>
    ) {
      if (disposed) return new AbortController(); // the informer asks for one more after it was stopped
      const timeoutSeconds = Math.round(LEAST_SECONDS + Math.random() * (MOST_SECONDS - LEAST_SECONDS));
      const all = { ...query, allowWatchBookmarks: true, timeoutSeconds };
      try {
        const controller = await super.watch(
          at,
          all,
          (phase, object, raw) => {
            failures = 0;
            callback(phase, KEPT.has(phase) ? slim(object) : object, raw);
          },
          done,
        );
        if (disposed) controller.abort();
        return controller;
      } catch (error) {
        done(error); // of credentials the library throws, where all else is told by this
        return new AbortController();
      }
    }
  }
  const watch = Object.assign(new Watch(client.config), { requestTimeoutMs: SILENT_MS });

  /** The first answer may be a moment old, which costs the server nothing; after a gap it may not. */
  const list = async (): Promise<KubernetesListObject<T & KubernetesObject>> => {
    const resourceVersion = isSynced ? undefined : '0';
    const found = await client.list<ApiObject>(path, { fieldSelector, resourceVersion });
    failures = 0;
    setImmediate(() => {
      isSynced = true; // by then the informer has them
      changed();
    });
    return { metadata: found.metadata, items: found.items.map(slim) } as never;
  };

  const informer: ListWatch<T & KubernetesObject> = new library.ListWatch(
    path,
    watch,
    list,
    false,
    undefined,
    fieldSelector,
  );
  informer.on('change', changed);
  informer.on('error', (error) => {
    if (disposed) return;
    const message = error instanceof Error ? error.message : String(error);
    if (failures === 0) onTrouble(`${path}: ${message}; tried again until it answers`);
    clearTimeout(timer);
    timer = setTimeout(start, backOffMs(failures++));
  });
  const start = () => void informer.start();
  start();

  return {
    get isSynced() {
      return isSynced;
    },
    list: () => informer.list() as readonly T[],
    [Symbol.dispose]() {
      disposed = true;
      clearTimeout(timer);
      clearImmediate(told);
      void informer.stop();
    },
  };
}

const KEPT = new Set(['ADDED', 'MODIFIED', 'DELETED']);
