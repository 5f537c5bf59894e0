import { bytes, CodecError, decode, encode, struct, u16, u32 } from '@tsnctl/codec';

// NLM_F_* and NLMSG_* in linux/netlink.h
export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_CAPPED = 0x100; // of an acknowledgement
export const NLM_F_ACK_TLVS = 0x200; // of an acknowledgement
export const NLM_F_REPLACE = 0x100; // of a change
export const NLM_F_EXCL = 0x200; // of a change
export const NLM_F_CREATE = 0x400; // of a change
export const NLM_F_DUMP = 0x300; // of a question

export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

/** One message of a datagram; `body` is a view of its bytes. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly pid: number;
  readonly body: Uint8Array;
}

/** A request as it goes out: nlmsghdr and body. `pid` is the socket's port, or 0. */
export function frame(
  { type, flags, body }: Pick<NetlinkMessage, 'type' | 'flags' | 'body'>,
  seq: number,
  pid: number,
): Uint8Array {
  return encode(struct({ header, body: bytes(body.length) }), {
    header: { length: header.size + body.length, type, flags, seq, pid },
    body,
  });
}

/** The messages of a received datagram, in order. @throws CodecError where a length is wrong */
export function* messages(datagram: Uint8Array): Generator<NetlinkMessage> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let offset = 0; offset < datagram.length; ) {
    const left = datagram.length - offset;
    if (left < header.size) decode(header, datagram.subarray(offset)); // says which field is missing
    const length = view.getUint32(offset, true);
    if (length < header.size || length > left) {
      throw new CodecError('', `a message of ${length} bytes at ${offset}, where ${left} are left`);
    }
    yield {
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      seq: view.getUint32(offset + 8, true),
      pid: view.getUint32(offset + 12, true),
      body: datagram.subarray(offset + header.size, offset + length),
    };
    offset += align(length);
  }
}

/** NLMSG_ALIGN */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** struct nlmsghdr */
export const header = struct({ length: u32, type: u16, flags: u16, seq: u32, pid: u32 });
