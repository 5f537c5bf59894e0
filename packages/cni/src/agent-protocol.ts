/**
 * What the plugin's binary (client/tsnctl-cni.c) and the agent say to each other over a unix stream socket.
 * One request and one reply for each connection; then the agent closes it.
 *
 *     request = "TSNCTL-CNI 1 " env-bytes SP stdin-bytes LF  env  stdin
 *     reply   = "TSNCTL-CNI 1 " exit-code SP stdout-bytes LF  stdout
 *     env     = *( name "=" value NUL )        every variable that begins with CNI_
 *
 * Numbers are decimal, without sign or leading zeros. The 1 is the version of this protocol.
 * docs/cni.md has the same for readers.
 */
import { CodecError } from '@tsnctl/codec';
import { MAX_STDIN_BYTES, type PluginCall } from './plugin.ts';

export const AGENT_SOCKET = '/run/tsnctl/agent.sock';

/** What each part may have, in bytes; client/call.h has the same numbers. */
export const LIMITS = { header: 64, env: 64 << 10, stdin: MAX_STDIN_BYTES, stdout: MAX_STDIN_BYTES } as const;

export interface AgentReply {
  /** 0 to 255. */
  readonly exitCode: number;
  readonly stdout: Uint8Array;
}

export function encodeRequest({ env, stdin }: PluginCall): Uint8Array {
  const variables = Object.entries(env).filter(
    ([name, value]) => name.startsWith('CNI_') && value !== undefined,
  );
  const block = utf8(variables.map(([name, value]) => `${name}=${value}\0`).join(''));
  return join(utf8(`${MAGIC}${block.length} ${stdin.length}\n`), block, stdin);
}

export function encodeReply({ exitCode, stdout }: AgentReply): Uint8Array {
  return join(utf8(`${MAGIC}${exitCode} ${stdout.length}\n`), stdout);
}

/**
 * Collects a message from chunks. `push` answers undefined as long as something is missing, then the message.
 * A message is refused as soon as that is certain, so a hostile peer fills no memory. @throws CodecError
 */
export interface MessageReader<T> {
  push(chunk: Uint8Array): T | undefined;
  /** The peer has closed: what is incomplete now stays so. @throws CodecError */
  end(): never;
}

export function requestReader(): MessageReader<PluginCall> {
  return reader('request', (envBytes, stdinBytes) => {
    limit('env', envBytes, LIMITS.env);
    limit('stdin', stdinBytes, LIMITS.stdin);
    return {
      length: envBytes + stdinBytes,
      read: (body) => ({ env: readEnv(body.subarray(0, envBytes)), stdin: body.slice(envBytes) }),
    };
  });
}

export function replyReader(): MessageReader<AgentReply> {
  return reader('reply', (exitCode, stdoutBytes) => {
    limit('exitCode', exitCode, 255);
    limit('stdout', stdoutBytes, LIMITS.stdout);
    return { length: stdoutBytes, read: (body) => ({ exitCode, stdout: body.slice() }) };
  });
}

const MAGIC = 'TSNCTL-CNI 1 ';
const LF = 0x0a;

function reader<T>(
  what: string,
  bodyOf: (first: number, second: number) => { length: number; read(body: Uint8Array): T },
): MessageReader<T> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  let header: { end: number; length: number; read(body: Uint8Array): T } | undefined;
  return {
    push(chunk) {
      chunks.push(chunk);
      received += chunk.length;
      if (header === undefined) {
        const all = collect(chunks);
        const end = all.subarray(0, LIMITS.header).indexOf(LF) + 1;
        checkStart(all, what);
        if (end === 0 && received >= LIMITS.header) throw new CodecError(what, 'the header has no end');
        if (end === 0) return undefined;
        header = { end, ...bodyOf(...readHeader(all.subarray(0, end), what)) };
      }
      const total = header.end + header.length;
      if (received > total) throw new CodecError(what, `${received - total} bytes too many`);
      if (received < total) return undefined;
      return header.read(collect(chunks).subarray(header.end));
    },
    end() {
      throw new CodecError(what, `ends after ${received} bytes`);
    },
  };
}

function readHeader(line: Uint8Array, what: string): [number, number] {
  const match = /^TSNCTL-CNI 1 (0|[1-9]\d{0,8}) (0|[1-9]\d{0,8})\n$/.exec(new TextDecoder().decode(line));
  if (!match) throw new CodecError(what, 'the header is malformed');
  return [Number(match[1]), Number(match[2])];
}

function checkStart(bytes: Uint8Array, what: string): void {
  const expected = utf8(MAGIC);
  const differs = expected.some((byte, at) => at < bytes.length && bytes[at] !== byte);
  if (differs) throw new CodecError(what, `does not begin with "${MAGIC.trimEnd()}"`);
}

function readEnv(block: Uint8Array): Record<string, string> {
  if (block.length > 0 && block.at(-1) !== 0) throw new CodecError('request.env', 'has no NUL at its end');
  const env: Record<string, string> = {};
  for (const pair of new TextDecoder().decode(block).split('\0').slice(0, -1)) {
    const [, name, value] = /^(CNI_[A-Z0-9_]{1,60})=(.*)$/s.exec(pair) ?? [];
    if (name === undefined)
      throw new CodecError('request.env', `${JSON.stringify(pair.slice(0, 40))} is no CNI_ variable`);
    if (name in env) throw new CodecError('request.env', `${name} comes twice`);
    env[name] = value ?? '';
  }
  return env;
}

function limit(what: string, value: number, most: number): void {
  if (value > most) throw new CodecError(what, `${value} is more than ${most}`);
}

// The chunks become one, so that a peer that sends single bytes costs no more than one that sends all at once.
function collect(chunks: Uint8Array[]): Uint8Array {
  const all = chunks.length === 1 ? (chunks[0] as Uint8Array) : join(...chunks);
  chunks.splice(0, chunks.length, all);
  return all;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
