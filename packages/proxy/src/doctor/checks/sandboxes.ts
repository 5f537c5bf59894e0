import { kernelAtLeast } from '@tsnctl/linux';
import type { IpvlanData } from '@tsnctl/netlink';
import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';

/** Interfaces of virtual machines: their guests' packets carry no socket of this kernel. */
const GUESTS = new Set(['tun', 'macvtap', 'ipvtap']);
/** Interfaces that may stand on an uplink itself, without a border in front of it. */
const BESIDE = new Set(['macvlan', 'ipvlan']);

/** Modes of an ipvlan whose packets are routed by the node. */
const ROUTED = new Set<unknown>(['l3', 'l3s']);

/** Pods whose packets do not come by a veth or netkit. */
export const sandboxes: Check = {
  name: 'sandboxes',
  asks: 'are there pods that nothing can carry for, or that pass the border by',
  run: ({ kernel: { release }, links, proxy }) => {
    if ('unseen' in links) return [{ severity: 'unseen', message: `interfaces: ${links.unseen}` }];
    const uplinks = new Set(seen(proxy)?.uplinks.map(({ ifindex }) => ifindex));
    return links.seen.flatMap(({ name, kind, link, data }): Found[] => {
      if (GUESTS.has(kind ?? '')) {
        return [
          {
            severity: 'hint',
            subject: name,
            message: `${name} leads to a virtual machine (Kata, KubeVirt): host mode sees priority 0 of what its guest sends`,
            evidence: `ip -d link show ${name}`,
            mend: 'set the priority on the node: tc or nft by address; or an SR-IOV function for that guest',
          },
        ];
      }
      const { mode } = (kind === 'ipvlan' ? (data ?? {}) : {}) as Partial<IpvlanData>;
      if (ROUTED.has(mode) && !kernelAtLeast(6, 11, release)) {
        return [
          {
            severity: 'warning',
            subject: name,
            message: `${name} is an ipvlan in mode ${mode}: this kernel clears launch times there`,
            evidence: `ip -d link show ${name}`,
            mend: 'ipvlan in mode l2, macvlan, or kernel 6.11 or newer',
          },
        ];
      }
      if (!BESIDE.has(kind ?? '') || link === undefined || !uplinks.has(link)) return [];
      return [
        {
          severity: 'hint',
          subject: name,
          message: `${name} stands on an uplink itself: its packets keep their metadata without tsnctl, and no policy holds for them`,
          evidence: `ip -d link show ${name}`,
          mend: 'nothing, if those who use it are trusted with every priority',
        },
      ];
    });
  },
};
