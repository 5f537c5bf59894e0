import { attrs, cstring, type Infer, struct, u8, u32 } from '@tsnctl/codec';
import { compact } from './compact.ts';
import { addressFamily, type Family, familyOf, ipAddress, parsePrefix } from './ip.ts';
import { dev } from './link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from './message.ts';
import { change, type NetlinkRequest, query } from './request.ts';
import { RTM_GETADDR, RTM_NEWADDR } from './rtm.ts';

/** An address of an interface: `address` with its prefix length, `10.0.0.1/24`. */
export interface Address {
  readonly index: number;
  readonly family: Family;
  readonly address: string;
  /** The other end, on a point-to-point link. */
  readonly peer?: string;
  readonly label?: string;
  /** RT_SCOPE_*: 0 global, 253 link, 254 host. */
  readonly scope: number;
}

/**
 * Give an interface an address; EEXIST if it has it. `noDad` skips IPv6's duplicate address detection.
 * Equivalent to: ip addr add 10.0.0.1/24 dev NAME
 */
export function addAddress(spec: {
  readonly index: number;
  readonly address: string;
  readonly noDad?: boolean;
}): NetlinkRequest<void> {
  const { index, noDad = false } = spec;
  const { family, address, length } = parsePrefix(spec.address);
  return change(
    `ip addr add ${spec.address} dev ${dev(index)}${noDad ? ' nodad' : ''}`,
    RTM_NEWADDR,
    NLM_F_CREATE | NLM_F_EXCL,
    addressMessage,
    {
      family: addressFamily[family],
      length,
      flags: noDad ? IFA_F_NODAD : 0,
      scope: address.startsWith('127.') ? RT_SCOPE_HOST : 0,
      index,
      attrs: { local: address, address },
    },
    { local: 'address' },
  );
}

/** The addresses of the namespace, or of one interface or family. Equivalent to: ip addr show */
export function listAddresses(
  which: { readonly index?: number; readonly family?: Family } = {},
): NetlinkRequest<Address> {
  const { index, family } = which;
  const words = [family ? `ip -${family}` : 'ip', 'addr show', ...(index ? [`dev ${dev(index)}`] : [])];
  const body = { ...empty, family: family ? addressFamily[family] : 0, index: index ?? 0 };
  return query(words.join(' '), RTM_GETADDR, addressMessage, body, addressOf, {
    dump: true,
    accepts: (reply) => index === undefined || reply.index === index,
  });
}

function addressOf({ family, length, scope, index, attrs }: Infer<typeof addressMessage>): Address {
  const own = attrs.local ?? attrs.address ?? '';
  return compact({
    index,
    family: familyOf(family),
    address: `${own}/${length}`,
    peer: attrs.address === own ? undefined : attrs.address,
    label: attrs.label,
    scope,
  });
}

// struct ifaddrmsg and IFA_* in linux/if_addr.h
const addressMessage = struct({
  family: u8,
  length: u8,
  flags: u8,
  scope: u8,
  index: u32,
  attrs: attrs({ address: [1, ipAddress], local: [2, ipAddress], label: [3, cstring], flags: [8, u32] }),
});

const empty = { family: 0, length: 0, flags: 0, scope: 0, index: 0, attrs: {} };
const IFA_F_NODAD = 0x02;
const RT_SCOPE_HOST = 254;
