import { formatPriorities } from '@tsnctl/netlink';
import type { DesiredPod, DesiredUplink } from '../model.ts';
import { formatDuration } from '../policy.ts';

/** The command that attaches a pod as it is wanted. */
export function attachPodCommand({ name, policy, mode }: DesiredPod): string {
  const remap = Object.entries(policy.remap).map(([asked, sent]) => `${asked}=${sent}`);
  return [
    `tsnctl attach pod ${name}`,
    ...(policy.allow.length > 0 ? [`--allow ${formatPriorities(policy.allow)}`] : []),
    ...(remap.length > 0 ? [`--remap ${remap.join(',')}`] : []),
    ...(policy.horizonNs > 0n ? [`--txtime --horizon ${formatDuration(policy.horizonNs)}`] : []),
    ...(mode === 'pod' ? ['--mode pod'] : []),
  ].join(' ');
}

/** The command that attaches an uplink as it is wanted. */
export function attachUplinkCommand({ name, clock }: Pick<DesiredUplink, 'name' | 'clock'>): string {
  return `tsnctl attach uplink ${name} --clock ${clock}`;
}
