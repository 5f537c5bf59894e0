/** BTF by hand: lists of 32-bit words, as in linux/btf.h. `strings` begin with a NUL unless the BTF is split. */
export function btfOf(
  types: readonly (readonly number[])[],
  options: { strings?: string; layout?: readonly (readonly [fixed: number, each: number])[] } = {},
): Uint8Array {
  const strings = new TextEncoder().encode(options.strings ?? '\0');
  const words = Uint32Array.from(types.flat());
  const layout = Uint8Array.from((options.layout ?? []).flatMap(([fixed, each]) => [fixed, each, 0, 0]));
  const size = words.byteLength;
  const common = [0, size, size, strings.length];
  const header = options.layout
    ? [0x0001_eb9f, 32, ...common, size + strings.length, layout.length]
    : [0x0001_eb9f, 24, ...common];
  return Uint8Array.from([
    ...new Uint8Array(Uint32Array.from(header).buffer),
    ...new Uint8Array(words.buffer),
    ...strings,
    ...layout,
  ]);
}

const head = (kind: number, count: number, sizeOrType: number, name = 0) => [
  name,
  (kind << 24) | count,
  sizeOrType,
];

export const int = (size: number, name = 0) => [...head(1, 0, size, name), size * 8];
export const array = (type: number, length: number) => [...head(3, 0, 0), type, 1, length];
/** Members are types, all at offset 0, or [name, type, bit offset]. */
export const struct = (size: number, members: readonly (number | readonly number[])[], name = 0) => [
  ...head(4, members.length, size, name),
  ...members.flatMap((member) => (typeof member === 'number' ? [0, member, 0] : member)),
];
export const typedef = (type: number, name = 0) => head(8, 0, type, name);
/** A kind that is not known yet, with so many words behind its head. */
export const unheardOf = (kind: number, words: number) => [
  ...head(kind, 0, 0),
  ...new Array<number>(words).fill(7),
];
