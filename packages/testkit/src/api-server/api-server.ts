import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject, type Json } from './issue.ts';
import { mergePatch } from './merge-patch.ts';
import { pageOf } from './page-of.ts';
import type { ResourceKind } from './resource-kinds.ts';
import { selected } from './selectors.ts';
import { StatusError } from './status-error.ts';
import { Store, type Stored, type StoreEvent } from './store.ts';

/** What somebody may do: rules as a ClusterRole has them. */
export interface Rights {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

export interface Served {
  readonly verb: string;
  readonly resource: string;
  readonly url: string;
  readonly status: number;
  readonly atMs: number;
}

const ADMIN = 'admin-token';
const MAX_BODY_BYTES = 3 << 20;

/**
 * The API of a cluster in this process, over HTTP in its own wire format: objects are refused that a real server
 * refuses. There is no controller behind it: pods, nodes and what a DaemonSet reports are put there by the test.
 */
export class ApiServer implements AsyncDisposable {
  readonly store = new Store();
  readonly served: Served[] = [];
  /** Bytes of responses and of events. */
  sentBytes = 0;
  /** Of watches, bookmarks included. */
  sentEvents = 0;
  /** Every watch hears of the newest version this often. */
  bookmarkMs = 1_000;
  /** Each answer waits so long. */
  delayMs = 0;
  /** Answers this instead, so many times: 429, 500, 503. */
  failing = { times: 0, code: 500 };
  /** Whose token is whose; nobody else gets in. */
  readonly tokens = new Map<string, Rights | 'all'>([[ADMIN, 'all']]);
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<() => void>();
  readonly #directory = mkdtempSync(join(tmpdir(), 'tsnctl-api-'));
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start({ objects = [] }: { objects?: readonly object[] } = {}): Promise<ApiServer> {
    const server = new ApiServer();
    await server.#listen(0);
    for (const object of objects) server.put(object);
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** A kubeconfig that leads here, for this token or the administrator's. */
  kubeconfig(token: string = ADMIN): string {
    const path = join(this.#directory, `${token}.kubeconfig`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'fake',
      clusters: [{ name: 'fake', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'user', user: { token } }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'user' } }],
    };
    writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
    return path;
  }

  /** As `kubectl apply` does: made, or replaced; with its status. @throws StatusError */
  put(object: object): Stored {
    const given = object as Stored;
    const kind = this.kindOf(given.apiVersion, given.kind);
    const namespace = kind.namespaced ? (given.metadata.namespace ?? 'default') : '';
    const former = this.store.find(kind, given.metadata.name, namespace);
    const stored = former
      ? this.store.replace(kind, { ...given, metadata: { ...given.metadata } }, former, { strict: true })
      : this.store.create(kind, given, namespace, { strict: true });
    const hasOwnStatus = kind.schema !== undefined && isObject(given.status);
    return hasOwnStatus
      ? this.store.replace(kind, { status: given.status }, stored, { status: true })
      : stored;
  }

  get(apiVersion: string, kind: string, name: string, namespace?: string): Stored | undefined {
    return this.store.find(this.kindOf(apiVersion, kind), name, namespace);
  }

  list(apiVersion: string, kind: string): Stored[] {
    return this.store.list(this.kindOf(apiVersion, kind));
  }

  delete(apiVersion: string, kind: string, name: string, namespace?: string): void {
    const found = this.kindOf(apiVersion, kind);
    this.store.remove(found, this.store.get(found, name, namespace));
  }

  kindOf(apiVersion: string, kind: string): ResourceKind {
    const found = this.store.kinds.find(
      (it) => it.kind === kind && (it.group === '' ? it.version : `${it.group}/${it.version}`) === apiVersion,
    );
    if (found) return found;
    throw new StatusError(404, 'NotFound', `no matches for kind "${kind}" in version "${apiVersion}"`);
  }

  /** End every connection, in the middle of whatever. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** End every watch as the server does when its time is over. */
  endWatches(): void {
    for (const end of this.#watches) end();
  }

  /** Nobody answers until `up`. */
  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  async up(): Promise<void> {
    await this.#listen(this.#port);
  }

  get watchCount(): number {
    return this.#watches.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.down();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port }, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const note = { verb: request.method ?? '', resource: url.pathname };
    let code = 200;
    try {
      if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
      if (this.failing.times > 0) {
        this.failing.times--;
        throw new StatusError(this.failing.code, 'InternalError', 'this server is not well');
      }
      const target = this.#target(url);
      const verb = verbOf(request.method ?? 'GET', target, url);
      note.verb = verb;
      note.resource = target.kind.plural + (target.sub ? `/${target.sub}` : '');
      this.#authorize(request, target.kind, note.resource, verb);
      if (verb === 'watch') return this.#watch(target, url, response);
      const body = await readBody(request);
      code = request.method === 'POST' ? 201 : 200;
      this.#send(response, code, this.#serve(verb, target, url, body, request.headers['content-type'] ?? ''));
    } catch (error) {
      const status =
        error instanceof StatusError
          ? error
          : new StatusError(500, 'InternalError', String((error as Error).stack));
      code = status.code;
      if (!response.headersSent) this.#send(response, code, status.toJSON());
    } finally {
      this.served.push({ ...note, url: url.pathname + url.search, status: code, atMs: performance.now() });
    }
  }

  #target(url: URL): Target {
    const [, , group = '', version = '', rest = ''] =
      /^\/(api|apis\/([^/]+))\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    const words = rest.split('/').map(decodeURIComponent);
    const inNamespace = words[0] === 'namespaces' && words.length > 2 && words[2] !== 'status';
    const namespace = inNamespace ? words[1] : undefined;
    const [plural, name, sub] = inNamespace ? words.slice(2) : words;
    const kind = this.store.kinds.find(
      (it) => it.group === group && it.version === version && it.plural === plural,
    );
    if (!kind || (inNamespace && !kind.namespaced)) {
      throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
    }
    return {
      kind,
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
      ...(sub !== undefined && { sub }),
    };
  }

  #authorize(request: IncomingMessage, { group }: ResourceKind, resource: string, verb: string): void {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]?.trim() ?? '';
    const rights = this.tokens.get(token);
    if (rights === undefined) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    if (rights === 'all') return;
    const isAllowed = rights.rules.some(
      ({ apiGroups, resources, verbs }) =>
        apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
    );
    if (isAllowed) return;
    throw new StatusError(
      403,
      'Forbidden',
      `${resource}${group === '' ? '' : `.${group}`} is forbidden: the user cannot ${verb} resource "${resource}" in API group "${group}"`,
    );
  }

  #serve(verb: string, target: Target, url: URL, body: string, type: string): object {
    const { kind, namespace, name = '', sub } = target;
    const { store } = this;
    const options = {
      strict: url.searchParams.get('fieldValidation') === 'Strict',
      status: sub === 'status',
    };
    if (verb === 'list') {
      const found = store.list(kind, namespace).filter((object) => selected(object, url.searchParams));
      return {
        kind: `${kind.kind}List`,
        apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
        ...pageOf(found, url.searchParams, store),
      };
    }
    if (verb === 'create') return store.create(kind, parse(body), namespace, options);
    if (verb === 'patch' && type.startsWith('application/apply-patch+yaml')) {
      const former = store.find(kind, name, namespace);
      if (!url.searchParams.has('fieldManager')) {
        throw new StatusError(
          422,
          'Invalid',
          'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value',
        );
      }
      if (!former) return store.create(kind, parse(body), namespace, options);
      return store.replace(kind, mergePatch(former, parse(body)), former, options);
    }
    const former = store.get(kind, name, namespace);
    if (verb === 'get') return former;
    if (verb === 'update') return store.replace(kind, parse(body), former, options);
    if (verb === 'patch' && type.startsWith('application/merge-patch+json')) {
      return store.replace(kind, mergePatch(withoutVersion(former), parse(body)), former, options);
    }
    if (verb === 'delete') {
      store.remove(kind, former);
      return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    }
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format: ${type}`,
    );
  }

  #watch({ kind, namespace }: Target, url: URL, response: ServerResponse): void {
    const { store } = this;
    const wanted = (event: StoreEvent) =>
      event.kind.plural === kind.plural && event.kind.group === kind.group;
    const isIn = (object: Stored | undefined) =>
      object !== undefined &&
      (namespace === undefined || object.metadata.namespace === namespace) &&
      selected(object, url.searchParams);
    const write = (type: string, object: object) => {
      if (response.writableEnded) return;
      const line = `${JSON.stringify({ type, object })}\n`;
      this.sentBytes += line.length;
      this.sentEvents++;
      response.write(line);
    };
    const tell = (event: StoreEvent) => {
      if (!wanted(event)) return;
      const [before, now] = [isIn(event.former), event.type !== 'DELETED' && isIn(event.object)];
      if (now) write(before ? 'MODIFIED' : 'ADDED', event.object);
      else if (before) write('DELETED', event.object);
    };
    response.writeHead(200, { 'content-type': 'application/json;stream=watch' });
    response.flushHeaders();
    const from = Number(url.searchParams.get('resourceVersion') ?? 0);
    let former: readonly StoreEvent[] = [];
    try {
      former = store.since(from);
    } catch (error) {
      write('ERROR', (error as StatusError).toJSON());
      response.end();
      return;
    }
    for (const event of former) tell(event);
    const subscription = store.subscribe(tell);
    const bookmarks = url.searchParams.get('allowWatchBookmarks') === 'true';
    const timer = bookmarks
      ? setInterval(() => {
          const metadata = { resourceVersion: `${store.version}`, creationTimestamp: null };
          const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
          write('BOOKMARK', { kind: kind.kind, apiVersion, metadata });
        }, this.bookmarkMs)
      : undefined;
    const end = () => {
      response.end();
    };
    this.#watches.add(end);
    response.on('close', () => {
      clearInterval(timer);
      subscription[Symbol.dispose]();
      this.#watches.delete(end);
    });
  }

  #send(response: ServerResponse, code: number, value: object): void {
    const text = JSON.stringify(value);
    this.sentBytes += text.length;
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(text);
  }
}

interface Target {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly name?: string;
  readonly sub?: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function verbOf(method: string, { name }: Target, url: URL): string {
  if (method !== 'GET') return VERBS[method] ?? method;
  if (name !== undefined) return 'get';
  return ['true', '1'].includes(url.searchParams.get('watch') ?? '') ? 'watch' : 'list';
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES)
      throw new StatusError(413, 'RequestEntityTooLarge', 'the request is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

function parse(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    throw new StatusError(400, 'BadRequest', 'the object provided is unrecognized: it is no JSON');
  }
}

function withoutVersion({ metadata, ...object }: Stored): Json {
  const { resourceVersion: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
