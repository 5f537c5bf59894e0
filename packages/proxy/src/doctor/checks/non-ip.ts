import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

/** The kernel marks only IPv4 and IPv6 frames. */
export const nonIp: Check = {
  name: 'non-ip',
  asks: 'do pods send frames that cannot carry metadata',
  run: ({ counters, proxy }) => {
    if ('unseen' in counters) return [{ severity: 'unseen', message: `counters: ${counters.unseen}` }];
    return [...counters.seen].flatMap(([ifindex, { not_ip: count = 0n }]) => {
      if (count === 0n) return [];
      const name = seen(proxy)?.interfaces.find((link) => link.ifindex === ifindex)?.name ?? `if${ifindex}`;
      return [
        {
          severity: 'warning' as const,
          subject: name,
          message: `the pod behind ${name} has sent ${count} frames with metadata that are not IP (AVTP, PROFINET ...): these lose it`,
          evidence: 'counter not_ip',
          mend: 'macvlan or ipvlan in mode l2 for that pod: there nothing is lost',
        },
      ];
    });
  },
};
