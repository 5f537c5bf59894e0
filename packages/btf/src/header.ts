import { struct, u8, u16, u32 } from '@tsnctl/codec';

const common = {
  magic: u16,
  version: u8,
  flags: u8,
  headerSize: u32,
  typesOffset: u32,
  typesSize: u32,
  stringsOffset: u32,
  stringsSize: u32,
};

/** struct btf_header of linux/btf.h, as all kernels write it; offsets count from its end. */
export const btfHeader = struct(common);

/** The same since kernel 7.1. */
export const btfHeaderWithLayout = struct({ ...common, layoutOffset: u32, layoutSize: u32 });
