import { mapped, type SizedCodec } from '@tsnctl/codec';

/** The names of a header's numbers, or a number that has none here. */
export type Named<N extends Names> = (keyof N & string) | number;

type Names = Readonly<Record<string, number>>;

/** A number by its name: `named(u8, { 'balance-rr': 0 })`. A number without a name is read and written as itself. */
export function named<const N extends Names>(codec: SizedCodec<number>, names: N): SizedCodec<Named<N>> {
  const texts = new Map(Object.entries(names).map(([name, number]) => [number, name as keyof N & string]));
  return mapped(
    codec,
    (number): Named<N> => texts.get(number) ?? number,
    (value, fail) => {
      if (typeof value === 'number') return value;
      const number = Object.hasOwn(names, value) ? names[value] : undefined;
      return number ?? fail(`${JSON.stringify(value)} is none of ${Object.keys(names).join(', ')}`);
    },
  );
}
