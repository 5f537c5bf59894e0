import { attrs, cstring, flag, type Infer, list, nest, rest, u32 } from '@tsnctl/codec';

// ETHTOOL_A_BITSET_BIT_* in linux/ethtool_netlink.h
const bit = attrs({ index: [1, u32], name: [2, cstring], value: [3, flag] });

/** ETHTOOL_A_BITSET_* in linux/ethtool_netlink.h: bits by name. Without a mask only those that are set are listed. */
export const bitset = attrs({
  noMask: [1, flag],
  size: [2, u32],
  bits: [3, nest(list(nest(bit), 1))],
  value: [4, rest],
  mask: [5, rest],
});

export type Bitset = Infer<typeof bitset>;

/** The names of the bits that are set. */
export function setBits(set: Bitset | undefined): string[] {
  const isSet = ({ value }: Infer<typeof bit>) => set?.noMask === true || value === true;
  return namesOf((set?.bits ?? []).filter(isSet));
}

/** The names of the bits that the set speaks of, set or not. */
export function maskedBits(set: Bitset | undefined): string[] {
  return namesOf(set?.bits ?? []);
}

/** These bits on or off, and no other. */
export function changedBits(bits: Readonly<Record<string, boolean>>): Bitset {
  return { bits: Object.entries(bits).map(([name, value]) => ({ name, value })) };
}

/** A bit that this kernel has no name for goes by its number. */
function namesOf(bits: readonly Infer<typeof bit>[]): string[] {
  return bits.map(({ name, index }) => name ?? `bit ${index}`);
}
