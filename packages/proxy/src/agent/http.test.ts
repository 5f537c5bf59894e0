import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HttpServer, serveHttp } from './http.ts';

let server: HttpServer;
let asked = 0;
let lines: string[];

const options = {
  address: '127.0.0.1',
  port: 0,
  notReady: () => undefined,
  notWell: () => undefined,
  metrics: async () => {
    asked++;
    return { type: 'text/plain', text: 'tsnctl_agent_ready 1\n' };
  },
  log: (line: string) => void lines.push(line),
};

beforeEach(async () => {
  asked = 0;
  lines = [];
  server = await serveHttp(options);
});
afterEach(() => server[Symbol.asyncDispose]());

/** What it answers to these very bytes. */
async function raw(request: string): Promise<{ status: number; text: string }> {
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {}); // it may be cut off while we write
  socket.end(request);
  await once(socket, 'close');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text };
}

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: node\r\n${headers}\r\n`;

describe('the pages', () => {
  it('answer GET, and HEAD without a body', async () => {
    const { status, text } = await raw(get('/metrics', 'Connection: close\r\n'));
    expect(status).toBe(200);
    expect(text).toMatch(/\r\n\r\ntsnctl_agent_ready 1\n$/);
    const head = await raw('HEAD /metrics HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n');
    expect(head.status).toBe(200);
    expect(head.text).toMatch(/\r\n\r\n$/);
  });

  it.each([
    ['another page', get('/metricz'), 404],
    ['a page above it', get('/../metrics'), 404],
    ['a parameter', get('/metrics?name[]=up'), 400],
    ['a body', `${get('/metrics', 'Content-Length: 4\r\n')}abcd`, 413],
    [
      'a body without a length',
      `${get('/healthz', 'Transfer-Encoding: chunked\r\n')}4\r\nabcd\r\n0\r\n\r\n`,
      413,
    ],
    ['another method', 'PUT /healthz HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n', 405],
    ['a method that is none', 'FETCH /healthz HTTP/1.1\r\nHost: node\r\n\r\n', 400],
    ['headers without an end', get('/metrics', `X: ${'x'.repeat(20_000)}\r\n`), 431],
    ['no HTTP at all', 'TSNCTL-CNI 1 0 0\n', 400],
    ['two lengths', get('/metrics', 'Content-Length: 0\r\nContent-Length: 4\r\n'), 400],
    ['no host', 'GET /metrics HTTP/1.1\r\n\r\n', 400],
  ])('refuse %s', async (_, request, status) => {
    expect((await raw(request)).status).toBe(status);
    expect(asked).toBe(0);
  });

  it.each([
    ['to go through it', 'CONNECT pod:80 HTTP/1.1\r\nHost: pod:80\r\n\r\n'],
    ['to speak another protocol', get('/metrics', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')],
  ])('are no way for who wants %s', async (_, request) => {
    const { text } = await raw(request);
    expect(text).not.toMatch(/^HTTP\/1\.1 (101|2\d\d) (Switching|Connection)/);
  });
});

describe('where it cannot listen', () => {
  it('says who else does', async () => {
    const { port } = server;
    await expect(serveHttp({ ...options, port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: `something else listens on 127.0.0.1:${port}`,
      hint: `ss -ltnp 'sport = :${port}' shows it; another http.port, or --http off`,
    });
  });

  it('says that it has no such address', async () => {
    await expect(serveHttp({ ...options, address: '192.0.2.1' })).rejects.toMatchObject({
      code: 'NO_ADDRESS',
      message: '192.0.2.1 is no address of this node',
      hint: 'http.address: 127.0.0.1, or 0.0.0.0 for all',
    });
  });
});

describe('a page that fails', () => {
  it('is told to the log, and to who asks that it is there', async () => {
    await server[Symbol.asyncDispose]();
    server = await serveHttp({ ...options, metrics: () => Promise.reject(new Error('no tables')) });
    const { status, text } = await raw(get('/metrics', 'Connection: close\r\n'));
    expect(status).toBe(500);
    expect(text).toMatch(/the agent failed; its log says why\n$/);
    expect(lines).toEqual(['HTTP /metrics failed: Error: no tables']);
  });
});
