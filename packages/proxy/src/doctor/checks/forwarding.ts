import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

const SYSCTL = 'net.ipv4.ip_forward_update_priority';

/** ip_forward() makes a priority of the TOS field, also for pods without a policy. */
export const forwarding: Check = {
  name: 'forwarding',
  asks: 'can a pod without a policy get a priority by its TOS field',
  run: ({ sysctls, qdiscs }) => {
    const value = seen(sysctls[SYSCTL] ?? { unseen: '' });
    const classes = seen(qdiscs)?.some(({ kind }) => kind === 'taprio' || kind === 'mqprio');
    if (value !== '1' || !classes) return [];
    return [
      {
        severity: 'warning',
        subject: SYSCTL,
        message:
          'a routed IPv4 packet gets priority 0, 2, 4 or 6 by its TOS field, also from a pod without a policy',
        evidence: `${SYSCTL} = 1`,
        mend: `sysctl -w ${SYSCTL}=0`,
      },
    ];
  },
};
