import { nest } from '@tsnctl/codec';
import type { NetlinkRequest } from '../request.ts';
import { onOff } from '../words.ts';
import { bitset, changedBits, setBits } from './bitset.ts';
import { type EthtoolTarget, ethtoolAttrs, ethtoolChange, ethtoolQuery } from './message.ts';

/** Offloads by the kernel's own names, such as hw-tc-offload. One that is in none of the lists is off, and fixed. */
export interface Features {
  readonly active: readonly string[];
  /** What was asked for: what of it is not active, other settings prevent. */
  readonly wanted: readonly string[];
  /** What the interface can switch, but for those in `fixed`. */
  readonly switchable: readonly string[];
  /** What the kernel never switches. */
  readonly fixed: readonly string[];
}

/** The offloads of an interface. Equivalent to: ethtool -k NAME */
export function getFeatures(target: EthtoolTarget): NetlinkRequest<Features> {
  return ethtoolQuery(target, { command: ETHTOOL_MSG_FEATURES_GET, option: '-k ' }, features, (attrs) => ({
    active: setBits(attrs.active),
    wanted: setBits(attrs.wanted),
    switchable: setBits(attrs.hw),
    fixed: setBits(attrs.noChange),
  }));
}

/**
 * Switch offloads on or off, by the kernel's own names. The kernel says yes also where it cannot: read them again.
 * Equivalent to: ethtool -K NAME hw-tc-offload on
 */
export function setFeatures(
  spec: EthtoolTarget & { readonly features: Readonly<Record<string, boolean>> },
): NetlinkRequest<void> {
  const names = Object.keys(spec.features);
  const row = {
    command: ETHTOOL_MSG_FEATURES_SET,
    option: '-K ',
    words: onOff(spec.features),
    fields: Object.fromEntries(names.map((name, i) => [`wanted.bits.${i}.*`, `features.${name}`])),
  };
  const wanted = changedBits(spec.features);
  return ethtoolChange(spec, row, features, { wanted }, ETHTOOL_FLAG_COMPACT_BITSETS);
}

// ETHTOOL_A_FEATURES_* in linux/ethtool_netlink.h
const features = ethtoolAttrs({
  hw: [2, nest(bitset)],
  wanted: [3, nest(bitset)],
  active: [4, nest(bitset)],
  noChange: [5, nest(bitset)],
});

// linux/ethtool_netlink.h
const ETHTOOL_MSG_FEATURES_GET = 11;
const ETHTOOL_MSG_FEATURES_SET = 12;
const ETHTOOL_FLAG_COMPACT_BITSETS = 1; // of the answer
