export { type Btf, parseBtf } from './btf.ts';
export { type CodecOptions, codecFor } from './codec-for.ts';
export { btfFromElf, elfSection } from './elf.ts';
export { resolve } from './resolve.ts';
export type {
  BtfComposite,
  BtfDatasec,
  BtfEnum,
  BtfInt,
  BtfKind,
  BtfMember,
  BtfModifier,
  BtfParam,
  BtfType,
} from './type.ts';
export { elfVariables, type Variable, variables } from './variables.ts';
