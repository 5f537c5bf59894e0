export { abilities } from './abilities.ts';
export { describeStep } from './describe.ts';
export { attachPod, attachUplink, detachAll, detachPod, detachUplink, present } from './intent.ts';
export { describeInterruption, type Interruption, interruptions } from './interruptions.ts';
export { inverse } from './inverse.ts';
export { type Intent, MetadataProxy } from './metadata-proxy.ts';
export type {
  Abilities,
  Attachment,
  Desired,
  Interface,
  Mode,
  Observed,
  Role,
  Step,
  UplinkClock,
  Via,
} from './model.ts';
export { BPFFS, Pins } from './pins.ts';
export { planProxy } from './plan.ts';
export {
  checkPolicy,
  clamp,
  DEFAULT_HORIZON_NS,
  describePolicy,
  formatPriorities,
  type Policy,
  parseDuration,
  parsePriorities,
  parseRemap,
} from './policy.ts';
export { preflight, requireBpf, requireKernel, requireRoot } from './preflight.ts';
export { type Counters, Tables } from './tables.ts';
