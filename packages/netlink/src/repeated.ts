import { type Codec, CodecError, decode, encode, type Fail, type UnknownAttr } from '@tsnctl/codec';

/** NLA_F_NESTED in linux/netlink.h */
const NLA_F_NESTED = 0x8000;

/**
 * An attribute that may come more than once in the same place. The table of attrs() must not name it, so that each
 * of them is kept; these two take them out of what is kept, and make them anew.
 */
export function readRepeated<T>(
  kept: readonly UnknownAttr[] | undefined,
  { name, type, codec }: Repeated<T>,
  fail: Fail,
): { readonly values: T[] | undefined; readonly unknown: readonly UnknownAttr[] | undefined } {
  const own = kept?.filter((attr) => attr.type === type) ?? [];
  const unknown = kept?.filter((attr) => attr.type !== type) ?? [];
  const values = own.map(({ bytes }, i) => {
    try {
      return decode(codec, bytes);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      return fail(`${name}.${i}: ${error.message}`);
    }
  });
  return {
    values: values.length > 0 ? values : undefined,
    unknown: unknown.length > 0 ? unknown : undefined,
  };
}

export function writeRepeated<T>(values: readonly NoInfer<T>[] | undefined, row: Repeated<T>): UnknownAttr[] {
  const { name, type, codec } = row;
  return (values ?? []).map((value, i) => {
    try {
      return { type, flags: NLA_F_NESTED, bytes: encode(codec, value) };
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      throw new CodecError(`${name}.${i}.${error.path}`, error.message.slice(error.path.length + 2));
    }
  });
}

interface Repeated<T> {
  readonly name: string;
  readonly type: number;
  readonly codec: Codec<T>;
}
