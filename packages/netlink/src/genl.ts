import { attrs, type Codec, cstring, decode, encode, pad, struct, u8, u16, u32 } from '@tsnctl/codec';
import { type FieldNames, fieldAt } from './field-names.ts';
import { NLM_F_ACK, NLM_F_REQUEST } from './message.ts';
import type { NetlinkRequest } from './request.ts';

/** A protocol over generic netlink. Its number differs from boot to boot. */
export interface GenlFamily {
  readonly id: number;
  readonly name: string;
  readonly version: number;
}

/** A protocol by its name; ENOENT where its module is not loaded. Equivalent to: genl ctrl get name NAME */
export function getGenlFamily({ name }: { readonly name: string }): NetlinkRequest<GenlFamily> {
  return {
    protocol: NETLINK_GENERIC,
    type: GENL_ID_CTRL,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    body: encode(controlMessage, { command: CTRL_CMD_GETFAMILY, version: 0, attrs: { name } }),
    replies: GENL_ID_CTRL,
    decode: (body) => {
      const { attrs } = decode(controlMessage, body);
      return { id: attrs.id ?? 0, name: attrs.name ?? '', version: attrs.version ?? 0 };
    },
    equivalent: `genl ctrl get name ${name}`,
  };
}

/** Where a message goes: the protocol's number, what it is asked, and the version in which. */
interface GenlPlace {
  readonly family: number;
  readonly command: number;
  readonly version: number;
}

/** A change through the protocol of that number; `attributes` are laid out by it. */
export function genlChange<T>(
  equivalent: string,
  place: GenlPlace,
  attributes: Codec<T>,
  value: T,
  fields: FieldNames = {},
): NetlinkRequest<void> {
  return { ...ask(equivalent, place, attributes, value, fields), replies: 0, decode: () => undefined };
}

/** A question through the protocol of that number, with one answer. */
export function genlQuery<T, Reply>(
  equivalent: string,
  place: GenlPlace,
  attributes: Codec<T>,
  value: T,
  view: (attributes: T) => Reply,
): NetlinkRequest<Reply> {
  const answer = message(attributes);
  return {
    ...ask(equivalent, place, attributes, value),
    replies: place.family,
    decode: (body) => view(decode(answer, body, { owned: true }).attrs),
  };
}

function ask<T>(
  equivalent: string,
  { family, command, version }: GenlPlace,
  attributes: Codec<T>,
  value: T,
  fields: FieldNames = {},
) {
  const codec = message(attributes);
  const body = encode(codec, { command, version, attrs: value });
  return {
    protocol: NETLINK_GENERIC,
    type: family,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    body,
    equivalent,
    fieldAt: (offset: number) => fieldAt(codec, body, fields, offset),
  };
}

const NETLINK_GENERIC = 16; // linux/netlink.h
const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;

// CTRL_ATTR_* in linux/genetlink.h
const controlMessage = message(attrs({ id: [1, u16], name: [2, cstring], version: [3, u32] }));

/** struct genlmsghdr in linux/genetlink.h */
function message<T>(attributes: Codec<T>) {
  return struct({ command: u8, version: u8, _reserved: pad(2), attrs: attributes });
}
