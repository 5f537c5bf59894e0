export { abilities } from './abilities.ts';
export { Agent } from './agent/agent.ts';
export type { AgentHealth, AgentOptions, AgentSettings } from './agent/agent-options.ts';
export { ConfigPolicies } from './agent/config-policies.ts';
export { type FoundUplink, findUplinks } from './agent/find-uplinks.ts';
export { type HttpOptions, type HttpServer, serveHttp } from './agent/http.ts';
export { type LeveledLog, type Log, type LogFields, type LogLevel, lineLog, openLog } from './agent/log.ts';
export { type AgentMetrics, createMetrics, type MetricsView } from './agent/metrics.ts';
export type {
  CarriedPod,
  NodeState,
  PodInterface,
  PodPolicy,
  PolicySource,
  StateSink,
} from './agent/policy-source.ts';
export { AgentServer, type AgentServerOptions } from './agent/server.ts';
export { type ChainPlanner, changeChain, lookAtChain } from './chain/change-chain.ts';
export { describeChainStep } from './chain/describe-chain.ts';
export { type FindOptions, type FoundRuntime, findRuntime } from './chain/find-runtime.ts';
export { type KeepChainOptions, keepChain } from './chain/keep-chain.ts';
export { onlyWithBinary } from './chain/only-with-binary.ts';
export { readConfDir } from './chain/read-conf-dir.ts';
export { readsDropIns } from './chain/reads-drop-ins.ts';
export { type ChainView, viewChain } from './chain/view-chain.ts';
export { type CniHandlerOptions, cniHandlers } from './cni/handlers.ts';
export {
  ANNOTATION_PREFIX,
  type Asked,
  askedByAnnotations,
  policyFromRequest,
  type RequestedPolicy,
} from './cni/policy-from-request.ts';
export { type AttachmentRecord, describePod } from './cni/record.ts';
export { Records, STATE_DIRECTORY } from './cni/records.ts';
export { withheld } from './cni/withheld.ts';
export { chainEntry } from './config/chain-entry.ts';
export { describeStep } from './describe.ts';
export type { Check } from './doctor/check.ts';
export { checks } from './doctor/checks.ts';
export { diagnose, isIll, judge, mayPass } from './doctor/diagnose.ts';
export { type Finding, type Found, SEVERITIES, type Severity } from './doctor/finding.ts';
export type { NodeFacts } from './doctor/node-facts.ts';
export { readAgent } from './doctor/read/agent.ts';
export { type ReadNodeOptions, readNode } from './doctor/read-node.ts';
export { driverOf } from './driver-of.ts';
export { type FaultPoint, type OnFaultPoint, onFaultPoint, type PlanName } from './fault-point.ts';
export { eventsBetween, type NodeEvent } from './inspect/events.ts';
export { inspectNode } from './inspect/inspect-node.ts';
export { narrowToPod, narrowToUplink } from './inspect/narrow.ts';
export type { NodeObservations } from './inspect/observations.ts';
export { type ObserveNodeOptions, observeNode } from './inspect/observe-node.ts';
export { podName } from './inspect/pods.ts';
export {
  type ClassRates,
  type NodeRates,
  type PodRates,
  ratesBetween,
  type UplinkRates,
} from './inspect/rates.ts';
export type {
  ClassSnapshot,
  Drift,
  GatesSnapshot,
  HookSnapshot,
  NodeSnapshot,
  PodSnapshot,
  PolicySnapshot,
  ProgramSnapshot,
  QdiscSnapshot,
  ScheduleSnapshot,
  Unseen,
  UplinkSnapshot,
} from './inspect/schema.ts';
export {
  attachPod,
  attachUplink,
  type Change,
  combine,
  detachAll,
  detachPod,
  detachUplink,
  present,
} from './intent.ts';
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
  formatDuration,
  type Policy,
  parseDuration,
  parsePriorities,
  parseRemap,
  policyRow,
  stricter,
} from './policy.ts';
export { preflight, requireBpf, requireKernel, requireRoot } from './preflight.ts';
export { collectSysdump, type Sysdump, type SysdumpOptions } from './sysdump/collect-sysdump.ts';
export { redact } from './sysdump/redact.ts';
export { type Counters, type PriorityCounters, Tables } from './tables.ts';
export { describeTuneStep, tuneInterruptions } from './tune/describe-tune.ts';
export type { DesiredTuning, Nic, TuneStep } from './tune/model.ts';
export { planRestore, planTune } from './tune/plan-tune.ts';
export { tuneContext } from './tune/tune-context.ts';
export { TUNE_STATE } from './tune/tune-memory.ts';
export { type ChangeOptions, type Tuned, type TunePlanner, Tuner } from './tune/tuner.ts';
export { tuningOf, withGates } from './tune/tuning-of.ts';
export { type Undo, type UndoOwnedOptions, undoOwned } from './tune/undo-owned.ts';
export { whenFree } from './when-free.ts';
