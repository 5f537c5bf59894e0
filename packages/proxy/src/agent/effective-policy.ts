import { isEmpty } from '../cni/pod-changes.ts';
import type { AttachmentRecord } from '../cni/record.ts';
import { describePolicy, samePolicy, stricter } from '../policy.ts';
import type { PodPolicy } from './policy-source.ts';

/**
 * A pod's record with the policy that it comes to: what a policy source says holds for a pod that asks for nothing;
 * where the pod's annotations ask, it gets what both sides agree on, and the record says what is left out. Pure.
 */
export function effectiveRecord(record: AttachmentRecord, source: PodPolicy | undefined): AttachmentRecord {
  if (!source) return record;
  if (isEmpty(record.policy)) {
    return { ...record, policy: source.policy, withheld: source.withheld ?? record.withheld };
  }
  const policy = stricter(record.policy, source.policy);
  if (samePolicy(policy, record.policy)) return record;
  const withheld = `what ${source.by} does not grant: ${describePolicy(record.policy)} was asked for`;
  return { ...record, policy, withheld: [...record.withheld, withheld] };
}
