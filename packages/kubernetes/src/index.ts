export { type CustomResource, customResourceDefinition, structuralSchema } from './crd/custom-resource.ts';
export type { Condition, LabelSelector } from './crd/fields.ts';
export { resources } from './crd/resources.ts';
export { type TsnInterface, tsnInterface } from './crd/tsn-interface.ts';
export { type TsnNodeState, type TsnNodeStateStatus, tsnNodeState } from './crd/tsn-node-state.ts';
export { type TsnPolicy, tsnPolicy } from './crd/tsn-policy.ts';
export { API_VERSION, GROUP, NAME, NAMESPACE, VERSION } from './names.ts';
export { type Grant, grantFor, policyOf, type SelectedPod } from './policy/grant-for.ts';
export { selects } from './policy/selects.ts';
