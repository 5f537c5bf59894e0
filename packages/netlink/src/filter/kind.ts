import type { Codec } from '@tsnctl/codec';
import type { FieldNames } from '../field-names.ts';

/** One kind of filter; its file is the only place that knows it. */
export interface FilterKind<Options, View> {
  readonly kind: string;
  /** TCA_OPTIONS */
  readonly options: Codec<Options>;
  /** Which field of the spec an option is. */
  readonly fields: FieldNames;
  /** What the options of an answer mean. */
  view(options: Options): View;
}
