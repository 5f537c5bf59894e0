import { GROUP, NAME, NAMESPACE } from '../names.ts';
import { labels } from './labels.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What the agent may do, and nothing else. It reads pods and writes what it has seen. */
const rules: readonly Rule[] = [
  // Of its own node alone, by a field selector; RBAC cannot say so.
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
  // Their labels decide which policy holds.
  { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
  // Its own labels decide which TsnInterface holds; of its own node alone, too.
  { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
  // On a pod that asks and is not granted.
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
  { apiGroups: [GROUP], resources: ['tsnpolicies', 'tsninterfaces'], verbs: ['list', 'watch'] },
  { apiGroups: [GROUP], resources: ['tsnpolicies/status', 'tsninterfaces/status'], verbs: ['patch'] },
  { apiGroups: [GROUP], resources: ['tsnnodestates'], verbs: ['create'] },
  { apiGroups: [GROUP], resources: ['tsnnodestates/status'], verbs: ['patch'] },
];

export function serviceAccount(): object {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: NAME, namespace: NAMESPACE, labels: labels('agent') },
  };
}

export function clusterRole(): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: NAME, labels: labels('agent') },
    rules: rules.map(({ apiGroups, resources, verbs }) => ({
      apiGroups: [...apiGroups],
      resources: [...resources],
      verbs: [...verbs],
    })),
  };
}

export function clusterRoleBinding(): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: NAME, labels: labels('agent') },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
  };
}
