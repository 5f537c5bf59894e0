import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missing } from '@tsnctl/testkit';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { definePlugin, encodeReply, type PluginCall, type Result, requestReader } from '../src/index.ts';
import { config, goodEnv } from './malformed.ts';

/** What it takes to build the plugin, if that is not here. */
export const unbuilt = missing({ programs: ['gcc', 'aarch64-linux-gnu-gcc'] });

/** The plugin's binary, built for a file of tests, with the place where it looks for an agent. */
export interface BuiltPlugin {
  readonly folder: string;
  readonly socket: string;
  /** For this machine. */
  readonly native: string;
}

export function usePlugin(): BuiltPlugin {
  const folder = mkdtempSync(join(tmpdir(), 'tsnctl-cni-'));
  const socket = join(folder, 'agent.sock');
  beforeAll(() => {
    if (unbuilt !== undefined && process.env.TSNCTL_NO_SKIP === '1') throw new Error(unbuilt);
    if (unbuilt !== undefined) return;
    const build = fileURLToPath(new URL('../client/build.mjs', import.meta.url));
    execFileSync(process.execPath, [build, '--out', folder, '--socket', socket], { stdio: 'inherit' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  return { folder, socket, native: join(folder, `tsnctl-${process.arch}`) };
}

/** Somebody who listens at a path, and does this with each connection, to the end of the test. */
export type Listen = (act: (connection: Socket) => unknown, path: string) => Promise<void>;

export function useListener(): Listen {
  let server: Server | undefined;
  const connections = new Set<Socket>();
  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    connections.clear();
    const closing = server;
    server = undefined;
    if (closing) await new Promise((done) => closing.close(done));
  });
  return async (act, path) => {
    const listening = createServer({ allowHalfOpen: true }, (connection) => {
      connections.add(connection);
      connection.on('error', () => {}); // the client leaves when it has had enough
      act(connection);
    });
    server = listening;
    await new Promise<void>((done) => listening.listen(path, done));
  };
}

export const asksForTsn = {
  runtimeConfig: { 'io.kubernetes.cri.pod-annotations': { 'tsnctl.dev/priorities': '3' } },
};

/** An ADD with these settings and this prevResult, as text. */
export function add(
  changes: Record<string, unknown>,
  prevResult = '{}',
): PluginCall & { env: Record<string, string> } {
  const stdin = config({ ...changes, prevResult: 'HERE' }).replace('"HERE"', () => prevResult);
  return { env: { ...goodEnv }, stdin: Buffer.from(stdin) };
}

/** What the agent will do: the protocol, and definePlugin behind it. */
export function agent(connection: Socket): void {
  const plugin = definePlugin({
    add: ({ prevResult }) => prevResult as Result,
    del: () => {},
    check: () => {},
    gc: () => {},
    status: () => {},
  });
  const reader = requestReader();
  connection.on('data', async (chunk) => {
    const call = reader.push(chunk);
    if (call === undefined) return;
    const { exitCode, stdout } = await plugin.answer(call);
    connection.end(encodeReply({ exitCode, stdout: Buffer.from(stdout) }));
  });
}

export interface Ended {
  exitCode: number | null;
  signal: string | null;
  stdout: string;
}

/** Start a program as a runtime does, to its end. */
export function start(
  { env, stdin }: PluginCall,
  [program = '', ...args]: readonly string[],
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: env as Record<string, string>,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (exitCode, signal) =>
      resolve({ exitCode, signal, stdout: Buffer.concat(chunks).toString() }),
    );
    child.stdin.on('error', () => {}); // it need not read all
    child.stdin.end(stdin);
  });
}

/** Of an error; undefined where there is none. */
export function codeOf(stdout: string): number | undefined {
  return stdout === '' ? undefined : JSON.parse(stdout).code;
}
