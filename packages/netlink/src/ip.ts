import { type Codec, mapped, rest, TsnctlError } from '@tsnctl/codec';

/** 4 or 6, as in IPv4 and IPv6. */
export type Family = 4 | 6;

/** AF_INET and AF_INET6 in bits/socket.h */
export const addressFamily: Readonly<Record<Family, number>> = { 4: 2, 6: 10 };

/** The other way round; what is not AF_INET6 is IPv4. */
export function familyOf(af: number): Family {
  return af === addressFamily[6] ? 6 : 4;
}

export interface Prefix {
  readonly family: Family;
  readonly address: string;
  /** 0 to 32, or to 128. */
  readonly length: number;
}

/** An address to its 4 or 16 bytes. @throws TsnctlError IP */
export function parseIp(text: string): Uint8Array {
  return bytesOf(text) ?? refuse(text, 'an IPv4 or IPv6 address');
}

/** 4 or 16 bytes to text; IPv6 as RFC 5952 wants it. @throws TsnctlError IP for another length */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length === 16) return format6(bytes);
  throw new TsnctlError('IP', `an address has 4 or 16 bytes, not ${bytes.length}`);
}

/** `10.0.0.0/8`; without a length it is the one address. @throws TsnctlError IP */
export function parsePrefix(text: string): Prefix {
  const [address = '', length, ...more] = text.split('/');
  const bits = (bytesOf(address)?.length ?? 0) * 8;
  const ok = bits > 0 && more.length === 0 && (length === undefined || /^\d{1,3}$/.test(length));
  if (!ok || Number(length ?? 0) > bits) refuse(text, 'an address and a prefix length, such as 10.0.0.1/24');
  return { family: bits === 32 ? 4 : 6, address, length: Number(length ?? bits) };
}

/** An attribute that holds an address, as text. */
export const ipAddress: Codec<string> = mapped(
  rest,
  (bytes, fail) =>
    bytes.length === 4 || bytes.length === 16
      ? formatIp(bytes)
      : fail(`no address has ${bytes.length} bytes`),
  (text, fail) => bytesOf(text) ?? fail(`${JSON.stringify(text)} is not an IPv4 or IPv6 address`),
);

function refuse(text: string, wanted: string): never {
  throw new TsnctlError('IP', `${JSON.stringify(text)} is not ${wanted}`);
}

function bytesOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined;
  return text.includes(':') ? parse6(text) : parse4(text);
}

function parse4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  const ok =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return ok ? Uint8Array.from(parts, Number) : undefined;
}

function parse6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  const [head, tail] = halves.map((half, i) => groupsOf(half, i === halves.length - 1));
  if (halves.length > 2 || !head) return undefined;
  if (halves.length === 1) return head.length === 8 ? joinGroups(head) : undefined;
  if (!tail || head.length + tail.length > 7) return undefined;
  return joinGroups([...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]);
}

/** The 16-bit groups of one side of `::`; the last two of all may be written as an IPv4 address. */
function groupsOf(half: string, isLast: boolean): number[] | undefined {
  if (half === '') return [];
  const words = half.split(':');
  const last = isLast ? parse4(words.at(-1) ?? '') : undefined;
  const hex = last ? words.slice(0, -1) : words;
  if (!hex.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  const groups = hex.map((word) => Number.parseInt(word, 16));
  return last ? [...groups, ...groupPairs(last)] : groups;
}

function format6(bytes: Uint8Array): string {
  const groups = groupPairs(bytes);
  const mapped4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped4) return `::ffff:${bytes.subarray(12).join('.')}`;
  const hex = groups.map((group) => group.toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    const end = groups.findIndex((group, i) => i >= start && group !== 0);
    const length = (end < 0 ? groups.length : end) - start;
    if (length > best.length) best = { start, length };
  }
  return best;
}

function groupPairs(bytes: Uint8Array): number[] {
  return Array.from(
    { length: bytes.length / 2 },
    (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0),
  );
}

function joinGroups(groups: readonly number[]): Uint8Array {
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
