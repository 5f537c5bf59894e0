export { type CustomResource, customResourceDefinition, structuralSchema } from './crd/custom-resource.ts';
export { type TsnPolicy, tsnPolicy, tsnPolicyResource } from './crd/tsn-policy.ts';
export { API_VERSION, GROUP, NAME, NAMESPACE, VERSION } from './names.ts';
