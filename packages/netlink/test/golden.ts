import { readdirSync, readFileSync } from 'node:fs';
import { parseHex } from '../../codec/test/fuzz.ts';
import { frame, messages, type NetlinkRequest } from '../src/index.ts';

/** A file of testdata/, made by test/capture.ts: the command, and the datagrams that it sent or received. */
export interface Golden {
  readonly command: string;
  readonly datagrams: readonly Uint8Array[];
}

export function golden(name: string): Golden {
  const lines = readFileSync(new URL(`${name}.hex`, folder), 'utf8')
    .trim()
    .split('\n');
  const datagrams = lines.filter((line) => !line.startsWith('#')).map(parseHex);
  return { command: (lines[0] ?? '').slice(2), datagrams };
}

export function goldenNames(): string[] {
  return readdirSync(folder).flatMap((name) =>
    name.endsWith('.hex') ? [name.slice(0, -'.hex'.length)] : [],
  );
}

/** What the tool sent, as hex, and the same of our request with the tool's sequence number. */
export function bothWays(name: string, request: NetlinkRequest<unknown>): { theirs: string; ours: string } {
  const [sent = new Uint8Array()] = golden(name).datagrams;
  const [message] = messages(sent);
  return { theirs: hex(sent), ours: hex(frame(request, message?.seq ?? 0, 0)) };
}

/** The decoded answers of the kernel to the command of a golden file. */
export function answers<Reply>(name: string, request: NetlinkRequest<Reply>): Reply[] {
  return golden(name)
    .datagrams.flatMap((datagram) => [...messages(datagram)])
    .filter(({ type }) => type === request.replies)
    .map(({ body }) => request.decode(body))
    .filter((reply) => request.accepts?.(reply) ?? true);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const folder = new URL('../testdata/', import.meta.url);
