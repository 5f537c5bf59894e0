import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { definePlugin, encodeRequest, type PluginCall, replyReader } from '@tsnctl/cni';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostileInputs } from '../../../codec/test/fuzz.ts';
import { atMost, lineLog } from './log.ts';
import { AgentServer, type AgentServerOptions } from './server.ts';

let folder: string;
let path: string;
let lines: string[];
let added: number;
let server: AgentServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tsnctl-agent-'));
  path = join(folder, 'run/agent.sock');
  lines = [];
  added = 0;
  server = make();
  await server.listen(path);
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('the socket', () => {
  it("is its owner's alone, in a directory that others cannot write to", () => {
    expect(statSync(path).mode & 0o7777).toBe(0o600);
    expect(statSync(join(folder, 'run')).mode & 0o7777).toBe(0o755);
  });

  it('is taken over from one that was killed, not from one that listens', async () => {
    await expect(make().listen(path)).rejects.toMatchObject({
      code: 'AGENT_RUNS',
      message: `an agent listens on ${path} already`,
    });
    expect(await ask(add)).toMatchObject({ exitCode: 0 });
    await server.close();
    expect(existsSync(path)).toBe(false);
    await leaveStale(path);
    server = make();
    await server.listen(path);
    expect(await ask(add)).toMatchObject({ exitCode: 0 });
  });

  it('is not made where it would not be safe, or over what is no socket', async () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    await expect(make().listen(join(open, 'agent.sock'))).rejects.toThrow(
      `others can put a socket of theirs into ${open}`,
    );
    const file = join(folder, 'run/file');
    writeFileSync(file, '');
    await expect(make().listen(file)).rejects.toThrow(`${file} is there and no socket`);
    await expect(make().listen(`/${'x'.repeat(107)}`)).rejects.toThrow(/^no socket can be at /);
  });

  it('serves nobody but those who may ask', async () => {
    await server.close();
    server = make({ mayAsk: () => false });
    await server.listen(path);
    expect(await ask(add)).toBeUndefined();
    expect(added).toBe(0);
    expect(lines).toEqual([
      `process ${process.pid} of user ${process.getuid?.()} may not ask: only root may`,
    ]);
  });
});

describe('the agent answers', () => {
  it('one that sends its request byte by byte, and one that has closed its side', async () => {
    const bytes = encodeRequest(add);
    const socket = await opened();
    for (const byte of bytes) {
      socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    expect(await replyOf(socket)).toMatchObject({ exitCode: 0 });
    const closing = await opened();
    closing.end(bytes);
    expect(await replyOf(closing)).toMatchObject({ exitCode: 0 });
  });

  it('a hundred at once', async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, () => ask(add)));
    expect(new Set(replies.map((reply) => reply?.exitCode))).toEqual(new Set([0]));
    expect(added).toBe(100);
  });

  it('10 MB of stdin with 7, unread, and nothing is done', async () => {
    const big = { ...add, stdin: new Uint8Array(10 << 20) };
    expect(await asked(big)).toMatchObject({ code: 7, msg: expect.stringContaining('is more than 1048576') });
    expect(added).toBe(0);
  });

  it.each([
    ['../..', 4],
    ['a/../../b', 4],
    ['', 4],
  ])('a hostile container id with its code, and nothing is done: %o', async (id, code) => {
    expect(await asked({ ...add, env: { ...add.env, CNI_CONTAINERID: id } })).toMatchObject({ code });
    expect(added).toBe(0);
  });
});

describe('the agent bears', () => {
  it('garbage, and requests that are cut or changed', { timeout: 30_000 }, async () => {
    const inputs = [...hostileInputs([encodeRequest(add)], 300, 1)];
    for (let at = 0; at < inputs.length; at += 50) {
      await Promise.all(inputs.slice(at, at + 50).map((bytes) => send(bytes)));
    }
    expect(await ask(add)).toMatchObject({ exitCode: 0 });
    expect(lines.length).toBeLessThan(400);
  });

  it('peers that never end their request, and peers that never read', async () => {
    await server.close();
    server = make({ limits: { requestMs: 100 } });
    await server.listen(path);
    const slow = await Promise.all(Array.from({ length: 50 }, () => opened()));
    const ended = slow.map((socket) => replyOf(socket));
    for (const socket of slow) socket.write('TSNCTL-CNI 1 10 100\nCNI_');
    expect(await ask(add)).toMatchObject({ exitCode: 0 });
    await Promise.all(ended);
    const deaf = await opened();
    deaf.pause();
    deaf.write(encodeRequest(add));
    await sleep(300);
    expect(lines.some((line) => line.startsWith('a connection was closed: '))).toBe(true);
    deaf.destroy();
  });

  it('a fault of its own: that peer alone has no answer, and the end is as always', async () => {
    await server.close();
    let calls = 0;
    const answer = async () => {
      calls++;
      if (calls === 1) throw new Error('no such thing');
      return { exitCode: 0, stdout: '{}', lost: [] };
    };
    server = make({ plugin: { answer } });
    await server.listen(path);
    expect(await ask(add)).toBeUndefined();
    expect(await ask(add)).toMatchObject({ exitCode: 0 });
    expect(lines).toEqual([expect.stringMatching(/^a request failed: Error: no such thing\n +at /)]);
  });

  it('more connections than it takes: those that are open get their answer', async () => {
    await server.close();
    server = make({ limits: { connections: 5 } });
    await server.listen(path);
    const held = await Promise.all(Array.from({ length: 5 }, () => opened()));
    await sleep(20);
    expect(await ask(add)).toBeUndefined();
    held[0]?.write(encodeRequest(add));
    expect(await replyOf(held[0] as Socket)).toMatchObject({ exitCode: 0 });
    await expect.poll(() => ask(add)).toMatchObject({ exitCode: 0 });
    for (const socket of held) socket.destroy();
  });

  it('many large requests at once, within a bound', async () => {
    await server.close();
    server = make({ limits: { bytes: 4 << 20 } });
    await server.listen(path);
    const large = encodeRequest({ ...add, stdin: new Uint8Array(1 << 20) }).subarray(0, 1 << 20);
    const before = process.memoryUsage().rss;
    const replies = await Promise.all(Array.from({ length: 40 }, () => send(large, false)));
    const refused = replies.filter((reply) => reply?.exitCode === 1);
    expect(refused.length).toBeGreaterThan(30);
    expect(JSON.parse(Buffer.from(refused[0]?.stdout ?? []).toString())).toMatchObject({ code: 11 });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
    await expect.poll(() => ask(add)).toMatchObject({ exitCode: 0 });
  });
});

describe('the log', () => {
  it('is one line for each event, whatever others have named', () => {
    const out: string[] = [];
    lineLog(
      (line) => out.push(line),
      () => new Date(0),
    )('ADD a\nb\u2028c\x1b[31m');
    expect(out).toEqual(['1970-01-01T00:00:00.000Z ADD a?b?c?[31m\n']);
  });

  it('is not filled by a peer', () => {
    let now = 0;
    const log = atMost(
      (line) => lines.push(line),
      1_000,
      () => now,
    );
    for (; now < 2_500; now += 100) log('refused');
    expect(lines).toEqual([
      'refused',
      'refused (and 9 more of such lines)',
      'refused (and 9 more of such lines)',
    ]);
  });
});

const add: PluginCall = {
  env: { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'a', CNI_NETNS: '/x', CNI_IFNAME: 'eth0', CNI_PATH: '/x' },
  stdin: Buffer.from('{"cniVersion":"1.1.0","name":"pods","type":"tsnctl"}'),
};

function make(options: Partial<AgentServerOptions> = {}): AgentServer {
  const plugin = definePlugin({
    add: () => {
      added++;
      return { cniVersion: '1.1.0' };
    },
    del: () => {},
  });
  return new AgentServer({
    plugin,
    log: (line) => lines.push(line),
    mayAsk: (uid) => uid === process.getuid?.(),
    ...options,
  });
}

function opened(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

type Reply = { exitCode: number; stdout: Uint8Array } | undefined;

/** What comes back, or nothing where the agent closes without a word. */
function replyOf(socket: Socket): Promise<Reply> {
  return new Promise((resolve) => {
    const reader = replyReader();
    let reply: Reply;
    socket.on('data', (chunk) => {
      reply = reader.push(chunk);
    });
    socket.on('error', () => {});
    socket.once('end', () => socket.destroy());
    socket.once('close', () => resolve(reply));
  });
}

async function send(bytes: Uint8Array, end = true): Promise<Reply> {
  const socket = await opened();
  const reply = replyOf(socket);
  if (end) socket.end(bytes);
  else socket.write(bytes);
  const giveUp = setTimeout(() => socket.destroy(), 1_000);
  try {
    return await reply;
  } finally {
    clearTimeout(giveUp);
  }
}

function ask(call: PluginCall): Promise<Reply> {
  return send(encodeRequest(call));
}

async function asked(call: PluginCall): Promise<unknown> {
  const reply = await ask(call);
  return JSON.parse(Buffer.from(reply?.stdout ?? []).toString());
}

/** A socket that nobody listens on: what a process that was killed leaves. */
async function leaveStale(at: string): Promise<void> {
  const { execFileSync } = await import('node:child_process');
  const script = `require('net').createServer().listen(${JSON.stringify(at)}, () => process.kill(process.pid, 'SIGKILL'))`;
  try {
    execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' });
  } catch {
    // it was killed, as it should be
  }
  expect(statSync(at).isSocket()).toBe(true);
}
