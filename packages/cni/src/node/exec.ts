import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CniError } from '../error.ts';
import type { Exec } from '../run-chain.ts';

const MAX_OUTPUT_BYTES = 4 << 20;
const BUSY_RETRIES = 5; // libcni pkg/invoke/raw_exec.go: a plugin that is just being written is tried again

/** Run a plugin as a process: found in CNI_PATH, with the environment of this one. It is ended after `timeoutMs`. */
export function execPlugin({ timeoutMs = 60_000, busyMs = 1_000 } = {}): Exec {
  return async (call) => {
    const file = await find(call.type, call.path);
    for (let attempt = 0; ; attempt++) {
      try {
        return await run(file, call, timeoutMs);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code !== 'ETXTBSY' || attempt === BUSY_RETRIES) throw cannotRun(file, error);
        await sleep(busyMs);
      }
    }
  };
}

function run(file: string, { env, stdin }: Parameters<Exec>[0], timeoutMs: number): ReturnType<Exec> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, { env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL' });
    const outputs = [child.stdout, child.stderr].map((stream) => {
      const chunks: Buffer[] = [];
      let length = 0;
      stream.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length <= MAX_OUTPUT_BYTES) chunks.push(chunk);
        else child.kill('SIGKILL');
      });
      return () => Buffer.concat(chunks).toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      const [stdout = '', stderr = ''] = outputs.map((read) => read());
      resolve({ exitCode: exitCode ?? 128, stdout, stderr: signal ? `${stderr}ended by ${signal}` : stderr });
    });
    child.stdin.on('error', () => {}); // a plugin need not read all of its stdin
    child.stdin.end(stdin);
  });
}

async function find(type: string, path: readonly string[]): Promise<string> {
  if (type === '' || type.includes('/'))
    throw new CniError('invalidNetworkConfig', `"${type}" is no name of a plugin`);
  for (const directory of path) {
    const file = join(directory, type);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) return file;
  }
  throw new CniError('invalidNetworkConfig', `the plugin "${type}" is not installed`, {
    details: `looked in ${path.join(', ') || 'no directory'}`,
  });
}

function cannotRun(file: string, cause: unknown): CniError {
  if (cause instanceof CniError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new CniError('ioFailure', `${file} cannot be run`, { details: message, cause });
}
