export { array } from './array.ts';
export { attrPathAt } from './attr-path.ts';
export {
  type AttrTable,
  type AttrValues,
  attrs,
  flag,
  list,
  nest,
  repeat,
  type UnknownAttr,
} from './attrs.ts';
export { bits } from './bits.ts';
export { bytes, ignored, type Pad, pad, rest } from './bytes.ts';
export { type Codec, decode, type Endian, encode, type Infer } from './codec.ts';
export { CodecError, TsnctlError } from './error.ts';
export {
  be16,
  be32,
  be64,
  bool8,
  i8,
  i16,
  i32,
  i64,
  type SizedCodec,
  u8,
  u16,
  u32,
  u64,
} from './integer.ts';
export { type LayoutValue, layout, type Places } from './layout.ts';
export { type Fail, mapped } from './mapped.ts';
export { Reader } from './reader.ts';
export { type Fields, type StructValue, struct } from './struct.ts';
export { chars, cstring, text } from './text.ts';
export { Writer } from './writer.ts';
