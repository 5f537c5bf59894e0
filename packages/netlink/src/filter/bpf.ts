import { attrs, bytes, cstring, type Infer, type UnknownAttr, u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { FilterKind } from './kind.ts';

/** A program of a filter. */
export interface BpfFilter {
  readonly name?: string;
  readonly id?: number;
  /** The program's result is the verdict. */
  readonly directAction: boolean;
  readonly tag?: Uint8Array;
  readonly unknown?: readonly UnknownAttr[];
}

// TCA_BPF_* in linux/pkt_cls.h
const options = attrs({
  fd: [6, u32],
  name: [7, cstring],
  flags: [8, u32],
  tag: [10, bytes(8)],
  id: [11, u32],
});
const TCA_BPF_FLAG_ACT_DIRECT = 1;

/** A BPF program sees the packets. */
export const bpf: FilterKind<Infer<typeof options>, BpfFilter> = {
  kind: 'bpf',
  options,
  fields: { fd: 'progFd', name: 'name', flags: 'directAction' },
  view: ({ name, id, flags = 0, tag, unknown }) =>
    compact({ name, id, directAction: (flags & TCA_BPF_FLAG_ACT_DIRECT) !== 0, tag, unknown }),
};

export function bpfOptions(spec: { progFd: number; name: string; directAction: boolean }) {
  const { progFd, name, directAction } = spec;
  return { fd: progFd, name, flags: directAction ? TCA_BPF_FLAG_ACT_DIRECT : undefined };
}
