import type { Reader, SizedCodec, Writer } from '@tsnctl/codec';
import { badBtf } from './error.ts';
import { objectSource, type Source } from './source.ts';

/** A struct's or union's codec; `names` are those of its value, with the ones of anonymous members among them. */
export interface Composite extends SizedCodec<Record<string, unknown>> {
  readonly names: ReadonlySet<string>;
  /** Its named members, those of anonymous ones among them: the last of a name is the one that counts. */
  readonly leaves: readonly Leaf[];
  readonly source: Source;
}

type Leaf = readonly [name: string, at: number, source: Source];

export interface Member {
  /** '' if anonymous: then its members are its parent's. */
  readonly name: string;
  readonly at: number;
  readonly codec: SizedCodec<unknown>;
  readonly names: ReadonlySet<string>;
  readonly leaves: readonly Leaf[];
}

export function memberOf(
  name: string,
  at: number,
  codec: SizedCodec<unknown> | Composite,
  source: Source,
): Member {
  if (name !== '' || !('names' in codec))
    return { name, at, codec, names: new Set([name]), leaves: [[name, at, source]] };
  const leaves = codec.leaves.map(([leaf, offset, read]) => [leaf, at + offset, read] as const);
  return { name, at, codec, names: codec.names, leaves };
}

/** All members of a struct, or all views of a union's bytes. Bit-fields may share bytes. */
export function composite(kind: 'struct' | 'union', size: number, members: readonly Member[]): Composite {
  for (const { name, at, codec } of members) {
    if (at + codec.size > size)
      badBtf(`member ${name || '(anonymous)'} goes past the ${size} bytes of its ${kind}`);
  }
  const chosen =
    kind === 'struct' ? () => members : (value: object, writer: Writer) => [choose(members, value, writer)];
  const leaves = members.flatMap((member) => member.leaves);
  return {
    size,
    align: 1,
    names: namesOf(members),
    leaves,
    source: objectSource(leaves),
    read: (reader) => {
      const start = reader.advance(size);
      const value = {};
      for (const member of members) readMember(reader, start, member, value);
      reader.seek(start + size);
      return value;
    },
    write: (writer, value) => {
      if (typeof value !== 'object' || value === null) writer.fail('not an object');
      const start = writer.advance(size);
      if (members.length > 0)
        for (const member of chosen(value, writer)) writeMember(writer, start, member, value);
      writer.seek(start + size);
    },
  };
}

function namesOf(members: readonly Member[]): ReadonlySet<string> {
  const all = new Set<string>();
  for (const { names } of members) for (const name of names) all.add(name);
  return all;
}

function readMember(
  reader: Reader,
  start: number,
  { name, at, codec }: Member,
  value: Record<string, unknown>,
): void {
  reader.seek(start + at);
  if (name === '') Object.assign(value, codec.read(reader));
  else if (name === '__proto__')
    Object.defineProperty(value, name, { ...OWN, value: reader.field(name, codec) });
  else value[name] = reader.field(name, codec);
}

const OWN = { enumerable: true, configurable: true, writable: true };

function writeMember(
  writer: Writer,
  start: number,
  { name, at, codec }: Member,
  value: Record<string, unknown>,
): void {
  writer.seek(start + at);
  if (name === '') codec.write(writer, value);
  else if (Object.hasOwn(value, name)) writer.field(name, codec, value[name]);
  else writer.fail(`field ${name} is missing`);
}

/** The one member of the union that the value gives. */
function choose(members: readonly Member[], value: object, writer: Writer): Member {
  const given = members.filter(({ names }) => [...names].some((name) => Object.hasOwn(value, name)));
  const [only] = given;
  if (only && given.length === 1) return only;
  const wanted = members.map(({ names }) => [...names].join('+')).join(', ');
  return writer.fail(`a union is written by exactly one of its members (${wanted}), not by ${given.length}`);
}
