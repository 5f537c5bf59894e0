import type { ServerResponse } from 'node:http';
import type { ApiRequest } from './request.ts';
import { apiVersionOf } from './resource-kinds.ts';
import { selected } from './selectors.ts';
import type { StatusError } from './status-error.ts';
import type { Store, Stored, StoreEvent } from './store.ts';

export interface WatchOptions {
  readonly bookmarkMs: number;
  /** Of each event. */
  readonly onSent: (bytes: number) => void;
}

/** What has happened since, and what happens from now on, until somebody or its time ends it. @returns what ends it */
export function serveWatch(
  store: Store,
  { kind, namespace, query }: ApiRequest,
  response: ServerResponse,
  { bookmarkMs, onSent }: WatchOptions,
): () => void {
  const start = Number(query.get('resourceVersion') ?? 0);
  const write = (type: string, object: object) => {
    if (response.writableEnded) return;
    const line = `${JSON.stringify({ type, object })}\n`;
    onSent(line.length);
    response.write(line);
  };
  const isIn = (object: Stored | undefined) =>
    object !== undefined &&
    (namespace === undefined || object.metadata.namespace === namespace) &&
    selected(object, query);
  const tell = (event: StoreEvent) => {
    if (event.kind.plural !== kind.plural || event.kind.group !== kind.group) return;
    const [before, now] = [isIn(event.former), event.type !== 'DELETED' && isIn(event.object)];
    if (now) write(before ? 'MODIFIED' : 'ADDED', event.object);
    else if (before) write('DELETED', event.object);
  };
  /** Of a version that is newer than the one that the watch began with. */
  const bookmark = () => {
    if (store.version <= start) return;
    const metadata = { resourceVersion: `${store.version}`, creationTimestamp: null };
    write('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
  };
  const resources = new DisposableStack();
  const end = () => void response.end();
  response.on('close', () => resources.dispose());
  response.writeHead(200, { 'content-type': 'application/json;stream=watch' });
  response.flushHeaders();
  try {
    if (start === 0) {
      for (const object of store.list(kind)) if (isIn(object)) write('ADDED', object);
    } else {
      for (const event of store.since(start, kind)) tell(event);
    }
  } catch (error) {
    write('ERROR', (error as StatusError).toJSON());
    end();
    return end;
  }
  resources.use(store.subscribe(tell));
  if (query.get('allowWatchBookmarks') === 'true') {
    resources.adopt(setInterval(bookmark, bookmarkMs), clearInterval);
  }
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  if (seconds > 0) resources.adopt(setTimeout(end, seconds * 1_000), clearTimeout);
  return end;
}
