import { encode } from '@tsnctl/codec';
import { isErrno, type NetNs } from '@tsnctl/linux';
import { queryAttr } from './attr.ts';
import { bpfRaw } from './bpf.ts';
import { type Direction, tcxAttachType } from './link.ts';

/** One side of an interface, in a namespace. */
export interface TcxHook {
  readonly ifindex: number;
  readonly direction: Direction;
}

// Where they stand in the attributes of BPF_PROG_QUERY, linux/bpf.h.
const TARGET = 0;
const ATTACH_TYPE = 4;
const COUNT = 24;
const REVISION = 56;
const HOST_IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * A number for each of these hooks that becomes another one whenever a program comes there, goes, moves or is
 * exchanged; 0n where there is no such interface. Some microseconds each: for whoever asks for hundreds, often.
 *
 *     const before = tcxRevisions(hooks);
 *     const changed = tcxRevisions(hooks).some((revision, at) => revision !== before[at]);
 */
export function tcxRevisions(hooks: readonly TcxHook[], netns?: NetNs): bigint[] {
  laidOut ??= encode(queryAttr, EMPTY); // one for all: to lay it out takes longer than the call
  const attr = laidOut;
  const view = new DataView(attr.buffer, attr.byteOffset);
  const ask = () =>
    hooks.map(({ ifindex, direction }) => {
      view.setUint32(TARGET, ifindex, HOST_IS_LITTLE);
      view.setUint32(ATTACH_TYPE, tcxAttachType[direction], HOST_IS_LITTLE);
      view.setUint32(COUNT, 0, HOST_IS_LITTLE);
      try {
        bpfRaw('PROG_QUERY', attr);
        return view.getBigUint64(REVISION, HOST_IS_LITTLE);
      } catch (error) {
        if (isErrno(error, 'ENOENT', 'ENODEV')) return 0n;
        throw error;
      }
    });
  return netns ? netns.run(ask) : ask();
}

let laidOut: Uint8Array | undefined;
const EMPTY = {
  targetIfindex: 0,
  attachType: 0,
  queryFlags: 0,
  attachFlags: 0,
  progIds: null,
  count: 0,
  progAttachFlags: null,
  linkIds: null,
  linkAttachFlags: null,
  revision: 0n,
};
