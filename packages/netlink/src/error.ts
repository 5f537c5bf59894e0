import { attrs, cstring, decode, type Infer, i32, i64, Reader, u32, u64 } from '@tsnctl/codec';
import { compact } from './compact.ts';
import { align, header, type NetlinkMessage, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE } from './message.ts';

/** The kernel's answer to a change. */
export interface NetlinkFailure {
  /** A positive errno; 0 where all is well. */
  readonly errno: number;
  /** The kernel's own sentence, where it has one. */
  readonly message?: string;
  /** Where in the request, counted from its nlmsghdr, the refused attribute begins, in bytes. */
  readonly offset?: number;
  /** The range that the kernel would have taken there. */
  readonly range?: { readonly min: bigint; readonly max: bigint };
}

/** Read an NLMSG_ERROR, or the result at the end of a dump (NLMSG_DONE). @throws CodecError */
export function decodeNetlinkError({
  type,
  flags,
  body,
}: Omit<NetlinkMessage, 'seq' | 'pid'>): NetlinkFailure {
  const reader = new Reader(body);
  if (type === NLMSG_DONE && reader.remaining === 0) return { errno: 0 };
  const errno = -i32.read(reader) || 0;
  if (type !== NLMSG_DONE) skipRequest(reader, flags);
  if (!(flags & NLM_F_ACK_TLVS)) return { errno };
  const { message, offset, policy } = decode(extendedAck, reader.take(reader.remaining));
  return { errno, ...compact({ message, offset, range: policy && rangeOf(policy) }) };
}

function rangeOf({ minSigned, maxSigned, min, max }: Infer<typeof policy>): NetlinkFailure['range'] {
  const [least, most] = [min ?? minSigned, max ?? maxSigned];
  return least === undefined || most === undefined ? undefined : { min: least, max: most };
}

// NL_POLICY_TYPE_ATTR_* in linux/netlink.h
const policy = attrs({ minSigned: [2, i64], maxSigned: [3, i64], min: [4, u64], max: [5, u64] });

// NLMSGERR_ATTR_* in linux/netlink.h
const extendedAck = attrs({ message: [1, cstring], offset: [2, u32], policy: [4, policy] });

/** struct nlmsgerr echoes the request: its header alone if capped. */
function skipRequest(reader: Reader, flags: number): void {
  const { length } = header.read(reader);
  const echoed = flags & NLM_F_CAPPED ? 0 : align(length) - header.size;
  if (echoed > 0) reader.advance(Math.min(echoed, reader.remaining));
}
