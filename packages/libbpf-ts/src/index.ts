export { possibleCpus } from './cpus.ts';
export { type BpfKind, kindOf } from './info.ts';
export { BpfLink, type Direction, type TcxTarget } from './link.ts';
export { BpfMap } from './map.ts';
export { MappedMemory } from './mapped-memory.ts';
export { BpfObject } from './object.ts';
export { BpfProgram, type TestRun } from './program.ts';
export { enableRunStats } from './run-stats.ts';
export { queryTcx, type TcxEntry } from './tcx.ts';
