import { hookOf, type Observed, podRole, type Role } from '../model.ts';
import { describePolicy, samePolicy } from '../policy.ts';
import { isEmpty } from './pod-changes.ts';
import type { AttachmentRecord } from './record.ts';

/** What of an attachment is not as it was recorded, in words; empty where all is. Pure. */
export function differences(observed: Observed, { carried, policy }: AttachmentRecord): string[] {
  if (carried.by !== 'programs') return [];
  const { ifindex, name, mode } = carried;
  if (!observed.interfaces.some((link) => link.ifindex === ifindex)) return [`${name} is gone`];
  const wanted = rolesFor(mode, isEmpty(policy), observed.uplinks.length > 0);
  const here = observed.attachments.filter((found) => found.ifindex === ifindex && found.role !== 'restorer');
  const missing = wanted
    .filter((role) => !here.some((found) => found.role === role))
    .map((role) => {
      const instead = here.find((found) => hookOf[found.role] === hookOf[role]);
      return instead
        ? `${name} has ${instead.role} in the place of ${role}`
        : `${role} is not attached to ${name}`;
    });
  const late = here
    .filter(({ role, first }) => wanted.includes(role) && !first)
    .map(({ role }) => `${role} is not the first program on ${name}`);
  return [...missing, ...late, ...policyDiffers(observed, { name, ifindex }, policy)];
}

function rolesFor(mode: 'host' | 'pod', stripped: boolean, guarded: boolean): Role[] {
  if (stripped) return guarded ? ['strip'] : [];
  return mode === 'pod' ? [podRole[mode], 'pod_saver'] : [podRole[mode]];
}

function policyDiffers(
  { pods }: Observed,
  { name, ifindex }: { name: string; ifindex: number },
  recorded: AttachmentRecord['policy'],
): string[] {
  const found = pods.find((pod) => pod.ifindex === ifindex)?.policy;
  if (found === undefined && isEmpty(recorded)) return [];
  if (found !== undefined && samePolicy(found, recorded)) return [];
  const is = found === undefined ? 'none' : describePolicy(found);
  return [`the policy of ${name} is: ${is}; recorded is: ${describePolicy(recorded)}`];
}
