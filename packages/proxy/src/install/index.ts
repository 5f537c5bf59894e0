export { findBundle, readBundle } from './bundle.ts';
export { checkNode } from './check-node.ts';
export { configuredPlace } from './configured-place.ts';
export { defaultConfigText } from './default-config.ts';
export { describeInstallStep, installStepText } from './describe-install.ts';
export { type DesireOptions, desiredNode } from './desired-node.ts';
export { inverseInstall } from './inverse-install.ts';
export type {
  Bundle,
  DesiredNode,
  InstallPaths,
  InstallPlan,
  InstallStep,
  LeftAlone,
  ObservedNode,
  PathState,
} from './model.ts';
export { NodeInstall, type NodeInstallOptions } from './node-install.ts';
export { installedVersion, isWell, type NodeStatus, nodeStatus } from './node-status.ts';
export { currentOf, installPaths, UNIT } from './paths.ts';
export type { NodePlace } from './place.ts';
export { planInstall } from './plan-install.ts';
export { planUninstall } from './plan-uninstall.ts';
export { systemdRuns, unitIsActive } from './systemd.ts';
export { AGENT_CAPABILITIES } from './unit.ts';
