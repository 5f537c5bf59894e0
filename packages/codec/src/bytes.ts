import type { Codec } from './codec.ts';
import type { SizedCodec } from './integer.ts';
import { show } from './show.ts';
import type { Writer } from './writer.ts';

/** Exactly `size` raw bytes, read as a copy (or a view, where the input is `owned`). */
export function bytes(size: number): SizedCodec<Uint8Array> {
  return {
    size,
    align: 1,
    read: (reader) => reader.keep(size),
    write: (writer, value) => {
      expectBytes(writer, value);
      if (value.length !== size) writer.fail(`${value.length} bytes where ${size} belong`);
      writer.put(value);
    },
  };
}

/** All bytes that remain (in an attribute: its whole payload), read as a copy (or a view, where the input is `owned`). */
export const rest: Codec<Uint8Array> = {
  size: undefined,
  align: 1,
  read: (reader) => reader.keep(reader.remaining),
  write: (writer, value) => {
    expectBytes(writer, value);
    writer.put(value);
  },
};

/** `size` bytes of no meaning: zero when written, ignored when read, and no field of the struct's value. */
export interface Pad extends SizedCodec<undefined> {
  readonly pad: true;
}

export function pad(size: number): Pad {
  return {
    pad: true,
    size,
    align: 1,
    read: (reader) => {
      reader.advance(size);
      return undefined;
    },
    write: (writer) => {
      writer.advance(size);
    },
  };
}

/** What is of no use, whatever it is: read as nothing, and never written. In attrs() it leaves no trace in the value. */
export const ignored: Codec<undefined> = {
  size: undefined,
  align: 1,
  read: (reader) => {
    reader.advance(reader.remaining);
    return undefined;
  },
  write: () => undefined,
};

function expectBytes(writer: Writer, value: unknown): void {
  if (!(value instanceof Uint8Array)) writer.fail(`${show(value)} is not a Uint8Array`);
}
