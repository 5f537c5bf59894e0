import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject } from './issue.ts';
import { type ApiRequest, readBody, readRequest } from './request.ts';
import { apiVersionOf, type ResourceKind } from './resource-kinds.ts';
import { isAllowed, type Rights, rightsOf, type ServiceAccount } from './rights.ts';
import { serve } from './serve.ts';
import { serveWatch } from './serve-watch.ts';
import { StatusError } from './status-error.ts';
import { Store, type Stored } from './store.ts';

export interface Served {
  readonly verb: string;
  readonly resource: string;
  readonly url: string;
  readonly status: number;
  readonly atMs: number;
}

const ADMIN = 'admin-token';

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
  readonly tokens = new Map<string, Rights | ServiceAccount | 'all'>([[ADMIN, 'all']]);
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
    try {
      await server.#listen(0);
      for (const object of objects) server.put(object);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
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
    const found = this.store.kinds.find((it) => it.kind === kind && apiVersionOf(it) === apiVersion);
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
      const wanted = readRequest(request, url, this.store.kinds);
      note.verb = wanted.verb;
      note.resource = wanted.kind.plural + (wanted.sub ? `/${wanted.sub}` : '');
      this.#authorize(request, wanted.kind, note.resource, wanted.verb);
      if (wanted.verb === 'watch') return this.#watch(wanted, response);
      const isToken = note.resource === 'serviceaccounts/token';
      const body = await readBody(request);
      const answer = isToken ? this.#token(wanted) : serve(this.store, wanted, body);
      code = request.method === 'POST' ? 201 : 200;
      this.#send(response, code, answer);
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

  #authorize(request: IncomingMessage, { group }: ResourceKind, resource: string, verb: string): void {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]?.trim() ?? '';
    const rights = this.tokens.get(token);
    if (rights === undefined) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    if (rights === 'all') return;
    if (isAllowed('rules' in rights ? [rights] : rightsOf(rights, this.store), { group, resource, verb }))
      return;
    throw new StatusError(
      403,
      'Forbidden',
      `${resource}${group === '' ? '' : `.${group}`} is forbidden: the user cannot ${verb} resource "${resource}" in API group "${group}"`,
    );
  }

  /** Of a service account: as whoever has it, with the rights that are bound to it. */
  #token({ kind, name = '', namespace = '' }: ApiRequest): object {
    this.store.get(kind, name, namespace);
    const token = randomUUID();
    this.tokens.set(token, { name, namespace });
    return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', status: { token } };
  }

  #watch(request: ApiRequest, response: ServerResponse): void {
    const end = serveWatch(this.store, request, response, {
      bookmarkMs: this.bookmarkMs,
      onSent: (bytes) => {
        this.sentBytes += bytes;
        this.sentEvents++;
      },
    });
    this.#watches.add(end);
    response.on('close', () => this.#watches.delete(end));
  }

  #send(response: ServerResponse, code: number, value: object): void {
    const text = JSON.stringify(value);
    this.sentBytes += text.length;
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(text);
  }
}
