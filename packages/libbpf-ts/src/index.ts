export { vmlinuxBtf } from './btf-of-map.ts';
export {
  addClsact,
  ClsactFilter,
  type ClsactTarget,
  clsactFilters,
  freeHandle,
  isClsactEmpty,
} from './clsact.ts';
export { possibleCpus } from './cpus.ts';
export { type Feature, featureNames, type Probed, probe, requireFeature } from './features.ts';
export { findMap, listMaps, mapPins } from './find-maps.ts';
export { type BpfKind, kindOf } from './info.ts';
export { libbpfVersion } from './libbpf-version.ts';
export {
  BpfLink,
  type BpfLinkInfo,
  type Direction,
  type NetkitSide,
  type NetkitTarget,
  type TcxTarget,
} from './link.ts';
export { BpfMap, type MapOptions } from './map.ts';
export type { MapSpec } from './map-create.ts';
export type { SetIf } from './map-element.ts';
export type { BpfMapInfo } from './map-info.ts';
export type { MapType } from './map-types.ts';
export type { MapBatch } from './map-walk.ts';
export { MappedMemory } from './mapped-memory.ts';
export { BpfObject, type ObjectProgram } from './object.ts';
export type { VariableSection } from './object-variables.ts';
export { BpfProgram, type BpfProgramInfo, type ProgramSpec, type TestRun } from './program.ts';
export type { ProgramType } from './program-types.ts';
export { RingBuffer, type RingBufferOptions, type RingBufferStats } from './ring-buffer.ts';
export { enableRunStats } from './run-stats.ts';
export { queryTcx, type TcxEntry } from './tcx.ts';
export { type TcxHook, tcxRevisions } from './tcx-revisions.ts';
