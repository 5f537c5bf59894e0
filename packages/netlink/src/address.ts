import { attrs, cstring, type Infer, struct, type UnknownAttr, u8, u32 } from '@tsnctl/codec';
import { compact } from './compact.ts';
import { addressFamily, type Family, familyOf, ipAddress, parsePrefix } from './ip.ts';
import { dev } from './link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from './message.ts';
import { change, type NetlinkRequest, query } from './request.ts';
import { RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR } from './rtm.ts';
import { type RouteScope, scopes } from './scope.ts';
import { type Word, word, words } from './words.ts';

/** An address of an interface: `address` with its prefix length, `10.0.0.1/24`. */
export interface Address {
  readonly index: number;
  readonly family: Family;
  readonly address: string;
  /** The other end, on a point-to-point link. */
  readonly peer?: string;
  readonly broadcast?: string;
  readonly label?: string;
  /** RT_SCOPE_*: 0 global, 253 link, 254 host. */
  readonly scope: number;
  /** IFA_F_*: 0x40 tentative, 0x80 permanent ... */
  readonly flags: number;
  /** How long it may be used, and used for new connections, in seconds; 4294967295 is for ever. */
  readonly validS?: number;
  readonly preferredS?: number;
  /** IFAPROT_*: who made it; 1 the kernel for lo, 3 for the link. Linux 5.18. */
  readonly protocol?: number;
  readonly unknown?: readonly UnknownAttr[];
}

/** An address to be made. */
export interface AddressSpec {
  readonly index: number;
  /** With the length of its prefix: that of the peer's, where there is one. */
  readonly address: string;
  readonly peer?: string;
  readonly broadcast?: string;
  readonly label?: string;
  /** `host` for 127.0.0.0/8, otherwise `global` unless told. */
  readonly scope?: RouteScope;
  /** Without IPv6's duplicate address detection. */
  readonly noDad?: boolean;
  /** Without a route to the prefix. */
  readonly noPrefixRoute?: boolean;
  readonly validS?: number;
  readonly preferredS?: number;
  /** What an answer had that has no name here: sent as it came. */
  readonly unknown?: readonly UnknownAttr[];
}

/** Give an interface an address; EEXIST if it has it. Equivalent to: ip addr add 10.0.0.1/24 dev NAME */
export function addAddress(spec: AddressSpec): NetlinkRequest<void> {
  return put('add', NLM_F_CREATE | NLM_F_EXCL, spec);
}

/** Give an interface an address, or change it. Equivalent to: ip addr replace 10.0.0.1/24 dev NAME */
export function replaceAddress(spec: AddressSpec): NetlinkRequest<void> {
  return put('replace', NLM_F_CREATE | NLM_F_REPLACE, spec);
}

/** Take an address away; EADDRNOTAVAIL if it is not there. Equivalent to: ip addr del 10.0.0.1/24 dev NAME */
export function deleteAddress(spec: Pick<AddressSpec, 'index' | 'address'>): NetlinkRequest<void> {
  const { family, address, length } = parsePrefix(spec.address);
  const scope = address.startsWith('127.') ? scopes.host : 0;
  return change(`ip addr del ${spec.address} dev ${dev(spec.index)}`, RTM_DELADDR, 0, addressMessage, {
    ...empty,
    family: addressFamily[family],
    length,
    scope,
    index: spec.index,
    attrs: { local: address, address },
  });
}

function put(verb: string, netlinkFlags: number, spec: AddressSpec): NetlinkRequest<void> {
  const { index, peer, broadcast, label, noDad = false, noPrefixRoute = false, validS, preferredS } = spec;
  const { family, address, length } = parsePrefix(spec.address);
  const scope = spec.scope ?? (address.startsWith('127.') ? 'host' : 'global');
  const flags = (noDad ? IFA_F_NODAD : 0) | (noPrefixRoute ? IFA_F_NOPREFIXROUTE : 0);
  const isWide = flags > 0xff;
  return change(
    ['ip addr', verb, spec.address, 'dev', dev(index), ...wordsOf(spec)].join(' '),
    RTM_NEWADDR,
    netlinkFlags,
    addressMessage,
    {
      family: addressFamily[family],
      length: peer === undefined ? length : parsePrefix(peer).length,
      flags: isWide ? 0 : flags,
      scope: scopes[scope],
      index,
      attrs: {
        local: address,
        broadcast,
        label,
        flags: isWide ? flags : undefined,
        address: peer === undefined ? address : parsePrefix(peer).address,
        cacheInfo:
          validS === undefined && preferredS === undefined
            ? undefined
            : { preferredS: preferredS ?? FOREVER, validS: validS ?? FOREVER, created: 0, updated: 0 },
        unknown: spec.unknown,
      },
    },
    { local: 'address', 'cacheInfo.*': 'validS', flags: 'noPrefixRoute' },
  );
}

function wordsOf({
  peer,
  broadcast,
  label,
  scope,
  noDad,
  noPrefixRoute,
  validS,
  preferredS,
}: AddressSpec): Word[] {
  return [
    ...words({ peer, broadcast, label, scope, valid_lft: validS, preferred_lft: preferredS }),
    ...word('nodad', noDad),
    ...word('noprefixroute', noPrefixRoute),
  ];
}

/** The addresses of the namespace, or of one interface or family. Equivalent to: ip addr show */
export function listAddresses(
  which: { readonly index?: number; readonly family?: Family } = {},
): NetlinkRequest<Address> {
  const { index, family } = which;
  const words = [family ? `ip -${family}` : 'ip', 'addr show', ...(index ? [`dev ${dev(index)}`] : [])];
  const body = { ...empty, family: family ? addressFamily[family] : 0, index: index ?? 0, attrs: {} };
  return query(words.join(' '), RTM_GETADDR, addressMessage, body, addressOf, {
    dump: true,
    accepts: (reply) => index === undefined || reply.index === index,
  });
}

function addressOf({ family, length, flags, scope, index, attrs }: Infer<typeof addressMessage>): Address {
  const own = attrs.local ?? attrs.address ?? '';
  const { validS, preferredS } = attrs.cacheInfo ?? {};
  return compact({
    index,
    family: familyOf(family),
    address: `${own}/${length}`,
    peer: attrs.address === own ? undefined : attrs.address,
    broadcast: attrs.broadcast,
    label: attrs.label,
    scope,
    flags: attrs.flags ?? flags,
    validS,
    preferredS,
    protocol: attrs.protocol,
    unknown: attrs.unknown,
  });
}

// struct ifaddrmsg, struct ifa_cacheinfo and IFA_* in linux/if_addr.h
const addressMessage = struct({
  family: u8,
  length: u8,
  flags: u8,
  scope: u8,
  index: u32,
  attrs: attrs({
    address: [1, ipAddress],
    local: [2, ipAddress],
    label: [3, cstring],
    broadcast: [4, ipAddress],
    cacheInfo: [6, struct({ preferredS: u32, validS: u32, created: u32, updated: u32 })],
    flags: [8, u32],
    protocol: [11, u8],
  }),
});

const empty = { family: 0, length: 0, flags: 0, scope: 0, index: 0 };
const IFA_F_NODAD = 0x02;
const IFA_F_NOPREFIXROUTE = 0x200;
const FOREVER = 0xffff_ffff; // INFINITY_LIFE_TIME in linux/if_addr.h
