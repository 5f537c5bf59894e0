export { type Context, KERNEL_DEFAULT_BPS } from './context.ts';
export { drawSvg } from './draw/svg.ts';
export { drawText } from './draw/text.ts';
export {
  describeFinding,
  type Finding,
  type PlacedFinding,
  placeFindings,
  type Severity,
} from './finding.ts';
export { fromQdiscs } from './from-qdiscs.ts';
export { readSchedule } from './read-schedule.ts';
export {
  type CbsSettings,
  type ClockName,
  classOfPriority,
  clocks,
  type EtfSettings,
  type FqSettings,
  type Gate,
  type Offload,
  offloads,
  queuesNeeded,
  queuesOf,
  type Schedule,
  type ScheduleClass,
  type ScheduleKind,
  type Stream,
  scheduleKinds,
} from './schedule.ts';
export { computeGates } from './streams/compute-gates.ts';
export { type WaitingParts, type WaitingTime, waitingTimes } from './streams/waiting-time.ts';
export { tcCommand, tcCommands, tcDeleteCommand } from './tc/export.ts';
export { fromTcCommands, type ImportedQdiscs } from './tc/import-command.ts';
export { fromTcJson } from './tc/import-json.ts';
export { toDocument } from './to-document.ts';
export { type PlacedQdisc, ROOT_HANDLE, type ToQdiscsOptions, toQdiscs } from './to-qdiscs.ts';
export { duration, formatDuration, formatRate, parseQuantity, rate, roughDuration, size } from './units.ts';
export { isRefused, validate } from './validate.ts';
export { type Window, windowsOf } from './windows.ts';
export { MAX_FRAME_BYTES, wireTimeNs } from './wire-time.ts';
