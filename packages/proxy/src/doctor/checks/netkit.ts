import type { NetkitData } from '@tsnctl/netlink';
import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

/** netkit clears a packet's priority on its way to another namespace, unless it was made with `scrub none`. */
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
        const { scrub, peerScrub } = (data ?? {}) as NetkitData;
        if (scrub !== 'none' && peerScrub !== 'none') return [];
        return [
          {
            severity: 'warning' as const,
            subject: name,
            message: `${name} was made with scrub none: its pod's priorities reach the node as they are, whatever the policy grants`,
            evidence: `ip -d link show ${name}`,
            mend: 'make the pair with scrub default; for Cilium: it does so unless told otherwise',
          },
        ];
      });
  },
};
