import { attrs, type Codec, mapped, type SizedCodec, type UnknownAttr } from '@tsnctl/codec';
import { compact } from '../compact.ts';

/** Options that are one struct in attribute 1, as etf and cbs have them: TCA_ETF_PARMS, TCA_CBS_PARMS. */
export function params<T extends object>(
  struct: SizedCodec<T>,
): Codec<T & { readonly unknown?: readonly UnknownAttr[] }> {
  return mapped(
    attrs({ params: [1, struct] }),
    ({ params, unknown }, fail) => {
      if (params === undefined) return fail('the parameters are missing');
      return { ...params, ...compact({ unknown }) };
    },
    ({ unknown, ...fields }) => ({ params: fields as unknown as T, unknown }),
  );
}
