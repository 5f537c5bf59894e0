import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { peerCredentials } from './peer-credentials.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsnctl-peer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('says who is at the other end', async () => {
  const path = join(folder, 'socket');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const peer = connect(path);
  const socket = (await accepted) as Socket & { _handle: { fd: number } };
  expect(peerCredentials(socket._handle.fd)).toEqual({
    pid: process.pid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  });
  peer.destroy();
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

it('refuses what is no socket', () => {
  expect(() => peerCredentials(0x7fff_fff0)).toThrow(/^getsockopt: bad file descriptor$/);
});
