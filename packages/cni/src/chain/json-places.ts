import { CniError } from '../error.ts';
import { MAX_DEPTH } from '../json.ts';

/** Where a value of a JSON text lies, in bytes: `[start, end)`. */
export interface Place {
  readonly start: number;
  readonly end: number;
  /** Of an object, in the order of the text; a key that comes twice comes twice. */
  readonly members?: readonly { readonly key: string; readonly value: Place }[];
  /** Of a list. */
  readonly items?: readonly Place[];
}

/**
 * Find every value of a JSON text, as strict as Go's encoding/json. It works on bytes and not on text, so that what
 * is no UTF-8 survives an edit. @throws CniError 6, which names the byte
 */
export function placesIn(bytes: Uint8Array): Place {
  const scanner = new Scanner(bytes);
  const root = scanner.value(0);
  scanner.space();
  if (scanner.at < bytes.length) scanner.refuse();
  return root;
}

/** The value of the last member with this key: the one that JSON parsers take. */
export function memberAt(place: Place, key: string): Place | undefined {
  return place.members?.findLast((it) => it.key === key)?.value;
}

export function textAt(bytes: Uint8Array, { start, end }: Pick<Place, 'start' | 'end'>): string {
  return new TextDecoder().decode(bytes.subarray(start, end));
}

/** The bytes with `[start, end)` replaced. */
export function splice(bytes: Uint8Array, start: number, end: number, insert: Uint8Array): Uint8Array {
  const all = new Uint8Array(bytes.length - (end - start) + insert.length);
  all.set(bytes.subarray(0, start));
  all.set(insert, start);
  all.set(bytes.subarray(end), start + insert.length);
  return all;
}

const [TAB, LF, CR, SPACE, QUOTE, COMMA, COLON, BACKSLASH] = [9, 10, 13, 32, 0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

class Scanner {
  at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  value(depth: number): Place {
    if (depth > MAX_DEPTH) throw new CniError('decodingFailure', `nested deeper than ${MAX_DEPTH}`);
    this.space();
    const start = this.at;
    const first = this.bytes[start];
    if (first === OPEN_OBJECT) return { start, members: this.members(depth), end: this.at };
    if (first === OPEN_LIST) return { start, items: this.items(depth), end: this.at };
    if (first === QUOTE) this.string();
    else this.literal();
    return { start, end: this.at };
  }

  members(depth: number): { key: string; value: Place }[] {
    const members: { key: string; value: Place }[] = [];
    this.at++;
    if (this.takes(CLOSE_OBJECT)) return members;
    do {
      this.space();
      const start = this.at;
      this.string();
      const key = JSON.parse(textAt(this.bytes, { start, end: this.at })) as string;
      if (!this.takes(COLON)) this.refuse();
      members.push({ key, value: this.value(depth + 1) });
    } while (this.takes(COMMA));
    if (!this.takes(CLOSE_OBJECT)) this.refuse();
    return members;
  }

  items(depth: number): Place[] {
    const items: Place[] = [];
    this.at++;
    if (this.takes(CLOSE_LIST)) return items;
    do items.push(this.value(depth + 1));
    while (this.takes(COMMA));
    if (!this.takes(CLOSE_LIST)) this.refuse();
    return items;
  }

  string(): void {
    const start = this.at;
    if (this.bytes[this.at++] !== QUOTE) this.refuse(start);
    for (; this.bytes[this.at] !== QUOTE; this.at++) {
      const byte = this.bytes[this.at];
      if (byte === undefined || byte < SPACE) this.refuse();
      if (byte === BACKSLASH) this.escape();
    }
    this.at++;
  }

  escape(): void {
    const after = textAt(this.bytes, { start: this.at + 1, end: this.at + 6 });
    const length = /^["\\/bfnrt]/.test(after) ? 1 : /^u[0-9a-fA-F]{4}/.test(after) ? 5 : this.refuse();
    this.at += length;
  }

  literal(): void {
    const start = this.at;
    const isPart = (byte: number | undefined) =>
      byte !== undefined && /[\w+.-]/.test(String.fromCharCode(byte));
    while (isPart(this.bytes[this.at])) this.at++;
    if (!LITERAL.test(textAt(this.bytes, { start, end: this.at }))) this.refuse(start);
  }

  takes(byte: number): boolean {
    this.space();
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  space(): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== SPACE && byte !== LF && byte !== TAB && byte !== CR) return;
      this.at++;
    }
  }

  refuse(at = this.at): never {
    const byte = this.bytes[at];
    const found =
      byte === undefined ? 'the text ends' : `unexpected ${JSON.stringify(String.fromCharCode(byte))}`;
    throw new CniError('decodingFailure', `not JSON: ${found} at byte ${at}`);
  }
}
