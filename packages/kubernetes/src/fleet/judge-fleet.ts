import type { Condition } from '../crd/fields.ts';
import type { Fleet, FleetNode } from './read-fleet.ts';

/** Something of a cluster that is not as it should be, and what to do. */
export interface FleetFinding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  /** Where: a node, a TsnPolicy, a pod. */
  readonly about: string;
  readonly message: string;
  readonly mend: string;
}

/** An agent writes at least every 5 minutes, and a fifth more. */
const SILENT_MS = 15 * 60_000;

/** How a node is, in a word: what `status` shows. */
export function nodeVerdict({ state }: FleetNode, now: Date): { ready: boolean; reason: string } {
  if (!state) return { ready: false, reason: 'NoAgent' };
  if (now.getTime() - Date.parse(state.observedAt) > SILENT_MS) return { ready: false, reason: 'Silent' };
  const condition = state.conditions?.find(({ type }) => type === 'Ready');
  return { ready: condition?.status === 'True', reason: condition?.reason ?? 'Unknown' };
}

/** Everything that is to be said of a cluster. Pure. */
export function judgeFleet(fleet: Fleet, now: Date): readonly FleetFinding[] {
  const { nodes, policies, agents } = fleet;
  const versions = new Set(nodes.flatMap(({ state }) => state?.version ?? []));
  return [
    ...(agents === null
      ? [error('NO_AGENTS', 'cluster', 'there is no DaemonSet tsnctl', 'tsnctl install --cluster')]
      : []),
    ...nodes.flatMap((node) => judgeNode(node, now)),
    ...(versions.size > 1
      ? [
          warning(
            'VERSIONS',
            'cluster',
            `agents have ${versions.size} versions: ${[...versions].toSorted().join(', ')}`,
            'kubectl -n tsnctl rollout status ds/tsnctl; it may be under way',
          ),
        ]
      : []),
    ...policies.flatMap(({ metadata: { name }, status }) =>
      (status?.conditions ?? []).flatMap((condition) => judgePolicy(name, condition)),
    ),
  ];
}

function judgeNode(node: FleetNode, now: Date): FleetFinding[] {
  const { name, state } = node;
  const { ready, reason } = nodeVerdict(node, now);
  if (!state) {
    const mend = `kubectl -n tsnctl get pods -o wide --field-selector spec.nodeName=${name}`;
    return [error('NO_AGENT', name, 'no agent has said anything of this node', mend)];
  }
  if (reason === 'Silent') {
    const mend = `kubectl -n tsnctl logs ds/tsnctl, of the pod on ${name}`;
    return [error('SILENT', name, `the agent has said nothing since ${state.observedAt}`, mend)];
  }
  const why = state.conditions?.find(({ type }) => type === 'Ready')?.message ?? 'it is not said why';
  const notDrift = !ready && state.drift.length === 0;
  return [
    ...(notDrift ? [error('NOT_READY', name, why, `tsnctl inspect --cluster --node ${name}`)] : []),
    ...state.drift.map(({ message, cause }) =>
      error('DRIFT', name, message, `${cause}; tsnctl inspect on the node says more`),
    ),
    ...state.interfaces.flatMap(({ name: by, conditions }) =>
      conditions
        .filter(({ status }) => status === 'False')
        .map(({ reason, message }) =>
          error('INTERFACE', name, `TsnInterface ${by}: ${reason}: ${message}`, `kubectl edit tsnif ${by}`),
        ),
    ),
    ...state.pods
      .filter(({ withheld = [] }) => withheld.length > 0)
      .map(({ namespace, name: pod, withheld = [] }) =>
        warning(
          'WITHHELD',
          `${namespace}/${pod}`,
          `it asks for what is not granted: ${withheld.join(', ')}`,
          `a TsnPolicy that selects it, or other annotations: kubectl -n ${namespace} describe pod ${pod}`,
        ),
      ),
  ];
}

function judgePolicy(name: string, { type, status, message }: Condition): FleetFinding[] {
  const isAmiss = (type === 'Overlaps' && status === 'True') || (type === 'Accepted' && status === 'False');
  if (!isAmiss) return [];
  return [warning('POLICY', `TsnPolicy ${name}`, message, `kubectl edit tsnpol ${name}`)];
}

function error(code: string, about: string, message: string, mend: string): FleetFinding {
  return { severity: 'error', code, about, message, mend };
}

function warning(code: string, about: string, message: string, mend: string): FleetFinding {
  return { severity: 'warning', code, about, message, mend };
}
