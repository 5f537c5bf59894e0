import type { ApiObject } from '../client/kube-client.ts';
import { readPolicy, type TsnPolicy } from '../crd/tsn-policy.ts';
import { type Finding, policyConditions, refusedPolicy } from '../policy/policy-conditions.ts';
import { timed } from './node-state.ts';
import type { StaleStatus } from './status-writer.ts';

/** TsnPolicies whose status does not say what is to be said of them: all agents come to the same. */
export function stalePolicies(objects: readonly ApiObject[], now: string): StaleStatus[] {
  const findings = policyConditions(objects.flatMap((object) => readPolicy(object).data ?? []));
  return objects.flatMap((object) => {
    const { name, generation = 1, resourceVersion } = object.metadata;
    const { status = {} } = object as Pick<TsnPolicy, 'status'>;
    const { error } = readPolicy(object);
    const wanted = error ? refusedPolicy(error) : (findings.get(name) ?? []);
    const former = status.conditions ?? [];
    const isThere = wanted.every((finding) => former.some((condition) => saysTheSame(condition, finding)));
    if (isThere && status.observedGeneration === generation) return [];
    const conditions = timed(wanted, former, now, generation);
    return [{ name, resourceVersion, status: { observedGeneration: generation, conditions } }];
  });
}

function saysTheSame(a: Finding, b: Finding): boolean {
  return a.type === b.type && a.status === b.status && a.reason === b.reason && a.message === b.message;
}
