import { chmodSync, lstatSync, mkdirSync, rmSync, type Stats } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno } from '@tsnctl/linux';

const MAX_PATH_BYTES = 107; // sun_path with its NUL in linux/un.h
const OTHERS_WRITE = 0o022;
const OWNER_ONLY = 0o600;
const BACKLOG = 512;

/**
 * Listen on a unix socket that is its owner's alone from its first moment. One that a killed process has left is
 * replaced, one that somebody listens on is not. @throws TsnctlError UNSAFE_DIRECTORY, SOCKET_TAKEN, AGENT_RUNS
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  prepareDirectory(path);
  await removeStale(path);
  const umask = process.umask(0o777 & ~OWNER_ONLY);
  try {
    server.listen({ path, backlog: BACKLOG }); // it binds here and now, and tells later
  } finally {
    process.umask(umask);
  }
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error) => reject(isErrno(error, 'EADDRINUSE') ? agentRuns(path, error) : error));
  });
  chmodSync(path, OWNER_ONLY);
}

function prepareDirectory(path: string): void {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || !path.startsWith('/')) {
    throw new TsnctlError('USAGE', `no socket can be at ${path}`, {
      hint: `an absolute path of at most ${MAX_PATH_BYTES} bytes`,
    });
  }
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const { uid, mode } = lstatSync(directory);
  if (uid === process.geteuid?.() && (mode & OTHERS_WRITE) === 0) return;
  throw new TsnctlError('UNSAFE_DIRECTORY', `others can put a socket of theirs into ${directory}`, {
    hint: `chown root ${directory} && chmod 755 ${directory}; or --socket in another directory`,
  });
}

async function removeStale(path: string): Promise<void> {
  const found = lookAt(path);
  if (!found) return;
  if (!found.isSocket()) {
    throw new TsnctlError('SOCKET_TAKEN', `${path} is there and no socket`, {
      hint: `rm ${path}, if it is not needed; or --socket with another path`,
    });
  }
  if (await isListening(path)) throw agentRuns(path);
  rmSync(path, { force: true });
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => resolve(!isErrno(error, 'ECONNREFUSED', 'ENOENT')));
  });
}

function agentRuns(path: string, cause?: unknown): TsnctlError {
  return new TsnctlError('AGENT_RUNS', `an agent listens on ${path} already`, {
    hint: `stop that one first (fuser -v ${path} shows it), or --socket and --state of your own`,
    ...(cause !== undefined && { cause }),
  });
}
