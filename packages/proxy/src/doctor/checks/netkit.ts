import type { NetkitData } from '@tsnctl/netlink';
import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

/**
 * netkit clears a packet's priority on its way to another namespace, unless the end that sends it was made with
 * `scrub none`. The pod's end is the peer of the one that is seen here; what ours does, packets to the pod meet.
 */
export const netkit: Check = {
  name: 'netkit',
  asks: 'do netkit pods pass their priority by the policy',
  run: ({ links, proxy }) => {
    const sides = new Set(
      seen(proxy)
        ?.interfaces.filter(({ podSide }) => podSide)
        .map(({ ifindex }) => ifindex),
    );
    return (seen(links) ?? [])
      .filter(({ index, kind }) => kind === 'netkit' && sides.has(index))
      .flatMap(({ name, data }) => {
        if (((data ?? {}) as NetkitData).peerScrub !== 'none') return []; // absent before Linux 6.12: it always clears
        return [
          {
            severity: 'warning' as const,
            subject: name,
            message: `the peer of ${name} was made with scrub none: its pod's priorities reach the node as they are, whatever the policy grants`,
            evidence: `ip -d link show ${name}`,
            mend: "make the pod's end with scrub default, as Cilium does",
          },
        ];
      });
  },
};
