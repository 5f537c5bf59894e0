import type { Codec } from './codec.ts';
import { CodecError } from './error.ts';
import { Reader } from './reader.ts';

const NLA_HDRLEN = 4; // linux/netlink.h

/**
 * Which attribute lies at `offset` of what `codec` wrote: `attrs.options.entries.2.intervalNs`. The kernel points at
 * the header of the one that it refuses; an offset inside of one is that one. Undefined where there is none.
 */
export function attrPathAt<T>(codec: Codec<T>, bytes: Uint8Array, offset: number): string | undefined {
  const reader = new Reader(bytes);
  let inside: string | undefined;
  let exact: string | undefined;
  reader.onAttr = (path, start, size) => {
    const header = start - NLA_HDRLEN;
    if (offset === header) exact = path;
    else if (offset > header && offset < start + size) inside = path;
  };
  try {
    codec.read(reader);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error; // what was found before it still is true
  }
  return exact ?? inside;
}
