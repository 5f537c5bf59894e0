import { type Codec, decode, encode } from '@tsnctl/codec';
import { type FieldNames, fieldAt } from './field-names.ts';
import { NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST } from './message.ts';

/** A question to the kernel as data: whoever owns a socket can ask it. */
export interface NetlinkRequest<Reply> {
  /** The socket's protocol: NETLINK_ROUTE is 0. */
  readonly protocol: number;
  readonly type: number;
  readonly flags: number;
  readonly body: Uint8Array;
  /** An answer's body to what it means, with views of it: who calls gives the body away. @throws CodecError */
  readonly decode: (body: Uint8Array) => Reply;
  /** The message type of the answers; 0 where there is only an acknowledgement. */
  readonly replies: number;
  /** The command of ip(8) or tc(8) that does the same. */
  readonly equivalent: string;
  /** Of a dump that the kernel does not narrow down itself: whether this answer was asked for. */
  accepts?(reply: Reply): boolean;
  /** The field of the spec at an offset of the request, as NetlinkFailure has it: `options.entries.2.intervalNs`. */
  fieldAt?(offset: number): string | undefined;
}

/**
 * A change, which is acknowledged or refused. `flags` go beside NLM_F_REQUEST and NLM_F_ACK; `fields` name the spec's.
 * An equivalent that takes long to write is a function.
 */
export function change<T>(
  equivalent: string | (() => string),
  type: number,
  flags: number,
  codec: Codec<T>,
  body: T,
  fields: FieldNames = {},
): NetlinkRequest<void> {
  const bytes = encode(codec, body);
  return {
    protocol: NETLINK_ROUTE,
    type,
    flags: NLM_F_REQUEST | NLM_F_ACK | flags,
    body: bytes,
    decode: () => undefined,
    replies: 0,
    get equivalent() {
      return typeof equivalent === 'string' ? equivalent : equivalent();
    },
    fieldAt: (offset) => fieldAt(codec, bytes, fields, offset),
  };
}

/** A question: an RTM_GET* `type`, whose answers are of the RTM_NEW* type two below it (linux/rtnetlink.h). */
export function query<T, Reply>(
  equivalent: string,
  type: number,
  codec: Codec<T>,
  body: T,
  view: (answer: T) => Reply,
  options: { dump: boolean; accepts?: (reply: Reply) => boolean },
): NetlinkRequest<Reply> {
  return {
    protocol: NETLINK_ROUTE,
    type,
    flags: NLM_F_REQUEST | (options.dump ? NLM_F_DUMP : 0),
    body: encode(codec, body),
    decode: (answer) => view(decode(codec, answer, { owned: true })),
    replies: type - 2,
    equivalent,
    ...(options.accepts && { accepts: options.accepts }),
  };
}

const NETLINK_ROUTE = 0;
