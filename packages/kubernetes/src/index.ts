export { type Claim, claims, type NicFacts } from './agent/claims.ts';
export { ClusterInterfaces, type InterfaceState } from './agent/cluster-interfaces.ts';
export { ClusterLink, type ClusterLinkOptions } from './agent/cluster-link.ts';
export { ClusterPolicies, type PodDecision } from './agent/cluster-policies.ts';
export { nodeStateStatus } from './agent/node-state.ts';
export { NodeStateWriter } from './agent/node-state-writer.ts';
export { PodEvents } from './agent/pod-events.ts';
export { staleInterfaces } from './agent/stale-interfaces.ts';
export { stalePolicies } from './agent/stale-policies.ts';
export { type StaleStatus, StatusWriter } from './agent/status-writer.ts';
export { backOffMs } from './client/back-off.ts';
export { type Followed, type FollowOptions, follow } from './client/follow.ts';
export { type ApiObject, KubeClient, type KubeTarget } from './client/kube-client.ts';
export { KubeError } from './client/kube-error.ts';
export { customPath, objectPath } from './client/paths.ts';
export { type CustomResource, customResourceDefinition, structuralSchema } from './crd/custom-resource.ts';
export type { Condition, LabelSelector } from './crd/fields.ts';
export { resources } from './crd/resources.ts';
export { type TsnInterface, tsnInterface } from './crd/tsn-interface.ts';
export { type TsnNodeState, type TsnNodeStateStatus, tsnNodeState } from './crd/tsn-node-state.ts';
export { type TsnPolicy, tsnPolicy } from './crd/tsn-policy.ts';
export { diagnoseFleet, fleetChecks } from './fleet/diagnose-fleet.ts';
export type { Fleet, JudgedFleet, SeenState } from './fleet/fleet.ts';
export {
  type FleetNode,
  fleetNodes,
  HEALTHS,
  type Health,
  inNamespace,
  isFleetWell,
  SILENT_MS,
} from './fleet/fleet-node.ts';
export { type FleetSelection, readFleet, readJudgedFleet } from './fleet/read-fleet.ts';
export { readFleetDump } from './fleet/read-fleet-dump.ts';
export { ClusterInstall, type ClusterStep } from './install/cluster-install.ts';
export { capabilities } from './manifest/capabilities.ts';
export { type AgentImage, type DaemonSetOptions, daemonSet } from './manifest/daemon-set.ts';
export { type Manifest, type ManifestOptions, manifests } from './manifest/manifests.ts';
export { DEFAULT_DIRECTORIES, HOST, type Mount, mounts, type RuntimeDirectories } from './manifest/mounts.ts';
export { clusterRole } from './manifest/rbac.ts';
export { renderKustomize, renderManifests } from './manifest/render.ts';
export { API_VERSION, GROUP, IMAGE, NAME, NAMESPACE, releaseOf, VERSION } from './names.ts';
export { askedAndGranted, type PodGrant } from './policy/asked-and-granted.ts';
export { type Grant, grantFor, policyOf, type SelectedPod } from './policy/grant-for.ts';
export { type Finding, policyConditions } from './policy/policy-conditions.ts';
export { selects } from './policy/selects.ts';
