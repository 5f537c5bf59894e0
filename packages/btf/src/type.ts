/** A type as BTF tells it (include/uapi/linux/btf.h). `type` fields are ids of other types; id 0 is void. */
export type BtfType =
  | { readonly kind: 'void' }
  | BtfInt
  | { readonly kind: 'ptr'; readonly type: number }
  | { readonly kind: 'array'; readonly type: number; readonly index: number; readonly length: number }
  | BtfComposite
  | BtfEnum
  | { readonly kind: 'fwd'; readonly name: string; readonly of: 'struct' | 'union' }
  | BtfModifier
  | { readonly kind: 'func'; readonly name: string; readonly type: number; readonly linkage: number }
  | { readonly kind: 'funcProto'; readonly type: number; readonly params: readonly BtfParam[] }
  | { readonly kind: 'var'; readonly name: string; readonly type: number; readonly linkage: number }
  | BtfDatasec
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  | BtfDeclTag
  | { readonly kind: 'unknown'; readonly name: string; readonly number: number };

/** The word that tells the kinds of types apart. */
export type BtfKind = BtfType['kind'];

/** `size` in bytes; `bits` of them count, from bit `offset` on. */
export interface BtfInt {
  readonly kind: 'int';
  readonly name: string;
  readonly size: number;
  readonly bits: number;
  readonly offset: number;
  readonly signed: boolean;
  readonly bool: boolean;
}

/** `size` in bytes; members in the order of the source. */
export interface BtfComposite {
  readonly kind: 'struct' | 'union';
  readonly name: string;
  readonly size: number;
  readonly members: readonly BtfMember[];
}

/** `bitOffset` from the start of the struct; `bitSize` is 0 unless the member is a bit-field. Anonymous: name ''. */
export interface BtfMember {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  readonly bitSize: number;
}

/** `enum` has values of up to 32 bits, `enum64` of 64. */
export interface BtfEnum {
  readonly kind: 'enum' | 'enum64';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

/** Another name or a qualifier for `type`. Only typedef and typeTag have names. */
export interface BtfModifier {
  readonly kind: 'typedef' | 'volatile' | 'const' | 'restrict' | 'typeTag';
  readonly name: string;
  readonly type: number;
}

/** A parameter of a function; '' and type 0 stand for `...`. */
export interface BtfParam {
  readonly name: string;
  readonly type: number;
}

/** A section of variables. Offsets and sizes in bytes; in an object not yet loaded they may be 0: see elfVariables. */
export interface BtfDatasec {
  readonly kind: 'datasec';
  readonly name: string;
  readonly size: number;
  readonly variables: readonly { readonly type: number; readonly offset: number; readonly size: number }[];
}

/**
 * A note on a type, on one of its members or on a parameter: `component` is which one, -1 is the type itself.
 * `attribute`: the name is that of any `__attribute__`, not of btf_decl_tag. Since kernel 6.15.
 */
export interface BtfDeclTag {
  readonly kind: 'declTag';
  readonly name: string;
  readonly type: number;
  readonly component: number;
  readonly attribute: boolean;
}
