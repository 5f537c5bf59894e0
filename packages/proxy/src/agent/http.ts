import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno } from '@tsnctl/linux';
import type { Log } from './log.ts';

export interface HttpOptions {
  readonly address: string;
  readonly port: number;
  /** Why the node is not ready, if so. */
  readonly notReady: () => string | undefined;
  /** Why the agent itself is not well, if so. */
  readonly notWell: () => string | undefined;
  readonly metrics: () => Promise<{ type: string; text: string }>;
  readonly log: Log;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

/** What anybody may take of the agent. */
const LIMITS = { connections: 64, headerBytes: 8 << 10, requestMs: 5_000, idleMs: 5_000 } as const;
const PLAIN = 'text/plain; charset=utf-8';

/**
 * /metrics, /healthz and /readyz. They change nothing and take no input: GET and HEAD, no body; everything else is
 * refused. @throws TsnctlError PORT_TAKEN, NO_ADDRESS
 */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytes,
      requestTimeout: LIMITS.requestMs,
      headersTimeout: LIMITS.requestMs,
      keepAliveTimeout: LIMITS.idleMs,
      connectionsCheckingInterval: LIMITS.requestMs,
    },
    (request, response) => {
      answer(options, request, response).catch((error) => {
        options.log(`HTTP ${request.url} failed: ${error}`, { level: 'error' });
        if (!response.headersSent) send(response, 500, 'the agent failed; its log says why\n');
        else response.destroy();
      });
    },
  );
  server.maxConnections = LIMITS.connections;
  const { address, port } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(refusal(options, error)));
    server.listen({ host: address, port }, resolve);
  });
  server.on('error', (error) => options.log(`HTTP failed: ${error.message}`, { level: 'error' }));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { notReady, notWell, metrics }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '', headers } = request;
  const page = PAGES[url.split('?')[0] ?? ''];
  if (page === undefined)
    return send(response, 404, `no such page; there are ${Object.keys(PAGES).join(', ')}\n`);
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(response, 405, 'GET or HEAD\n');
  }
  if (url.includes('?')) return send(response, 400, 'this page takes no parameters\n');
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  if (hasBody) return send(response, 413, 'this page takes no body\n');
  if (page === 'metrics') {
    const { type, text } = await metrics();
    return send(response, 200, text, type);
  }
  const why = page === 'health' ? notWell() : (notWell() ?? notReady());
  send(response, why === undefined ? 200 : 503, `${why ?? 'ok'}\n`);
}

const PAGES: Readonly<Record<string, 'health' | 'ready' | 'metrics'>> = {
  '/healthz': 'health',
  '/readyz': 'ready',
  '/metrics': 'metrics',
};

function send(response: ServerResponse, status: number, text: string, type: string = PLAIN): void {
  if (status >= 400) response.setHeader('connection', 'close'); // a body that comes is not read
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function refusal({ address, port }: HttpOptions, cause: Error): Error {
  if (isErrno(cause, 'EADDRINUSE')) {
    return new TsnctlError('PORT_TAKEN', `something else listens on ${address}:${port}`, {
      hint: `ss -ltnp 'sport = :${port}' shows it; another http.port, or --http off`,
      cause,
    });
  }
  if (isErrno(cause, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL')) {
    return new TsnctlError('NO_ADDRESS', `${address} is no address of this node`, {
      hint: 'http.address: 127.0.0.1, or 0.0.0.0 for all',
      cause,
    });
  }
  return cause;
}
