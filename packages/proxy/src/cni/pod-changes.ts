import { TsnctlError } from '@tsnctl/codec';
import { addPod, type Change } from '../intent.ts';
import type { Desired, Mode, Observed } from '../model.ts';
import type { Policy } from '../policy.ts';
import type { HostSide } from './record.ts';

/** Carry for a pod what its policy grants; one that grants nothing leaves the pod stripped. */
export function carryFor(
  host: Pick<HostSide, 'ifindex' | 'name'>,
  policy: Policy,
  options: { mode: Mode; netns?: string | undefined },
): Change {
  return about(host, (observed, desired) => {
    if (!isThere(observed, host)) {
      throw new TsnctlError('NO_INTERFACE', `${host.name} has gone meanwhile`, {
        hint: 'the runtime tries again, if it still wants the pod',
      });
    }
    return isEmpty(policy)
      ? without(desired, host.name)
      : addPod(host.name, policy, options)(observed, desired);
  });
}

/** See to it that this pod is stripped, unless it has a policy already. */
export function guard(host: Pick<HostSide, 'ifindex' | 'name'>): Change {
  return about(host, (_, desired) => desired);
}

/** Carry for a pod no more: it is stripped as long as its interface is there. */
export function stopCarrying(host: Pick<HostSide, 'ifindex' | 'name'>): Change {
  return about(host, (observed, desired) =>
    isThere(observed, host) ? without(desired, host.name) : desired,
  );
}

export function isEmpty({ allow, remap, horizonNs }: Policy): boolean {
  return allow.length === 0 && Object.keys(remap).length === 0 && horizonNs === 0n;
}

function about({ ifindex }: Pick<HostSide, 'ifindex'>, change: Change): Change {
  return Object.assign(change, { concerns: ifindex });
}

function isThere({ interfaces }: Observed, { ifindex, name }: Pick<HostSide, 'ifindex' | 'name'>): boolean {
  return interfaces.some((link) => link.ifindex === ifindex && link.name === name);
}

function without(desired: Desired, name: string): Desired {
  return { ...desired, pods: desired.pods.filter((pod) => pod.name !== name) };
}
