export { type Btf, parseBtf } from './btf.ts';
export {
  type BtfExt,
  type BtfFunctionInfo,
  type BtfLineInfo,
  type BtfRelocation,
  btfExtFromElf,
  parseBtfExt,
} from './btf-ext.ts';
export { type CodecOptions, codecFor, readerFor } from './codec-for.ts';
export { btfFromElf, elfSection } from './elf.ts';
export { perCpu } from './per-cpu.ts';
export { resolve } from './resolve.ts';
export type { ReadAt } from './source.ts';
export type {
  BtfComposite,
  BtfDatasec,
  BtfDeclTag,
  BtfEnum,
  BtfInt,
  BtfKind,
  BtfMember,
  BtfModifier,
  BtfParam,
  BtfType,
} from './type.ts';
export { valueFromJson } from './value-from-json.ts';
export { elfVariables, type Variable, variables } from './variables.ts';
