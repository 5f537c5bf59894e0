import { GROUP, VERSION } from '../names.ts';

/** Where our kinds are in the API. */
export function customPath(plural: string, name?: string, sub?: 'status'): string {
  return `/apis/${GROUP}/${VERSION}/${[plural, name, sub].filter((part) => part !== undefined).join('/')}`;
}

const PLURALS: Readonly<Record<string, string>> = {
  Pod: 'pods',
  TsnPolicy: 'tsnpolicies',
  TsnInterface: 'tsninterfaces',
  TsnNodeState: 'tsnnodestates',
  Namespace: 'namespaces',
  CustomResourceDefinition: 'customresourcedefinitions',
  ServiceAccount: 'serviceaccounts',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  ConfigMap: 'configmaps',
  DaemonSet: 'daemonsets',
};

/** Where an object of a manifest is. */
export function objectPath(object: {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}): string {
  const { apiVersion, kind, metadata } = object;
  const plural = PLURALS[kind];
  if (plural === undefined) throw new Error(`it is not said where a ${kind} is`);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${group}${namespace}/${plural}/${metadata.name}`;
}
