import { qdiscFacts } from '@tsnctl/netlink';
import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

const SYSCTL = 'net.core.default_qdisc';

/** What every NIC gets that comes up, and every queue below mq. */
export const defaultQdisc: Check = {
  name: 'default-qdisc',
  asks: 'does a new interface get a qdisc that goes by launch times',
  run: ({ sysctls }) => {
    const kind = seen(sysctls[SYSCTL] ?? { unseen: '' });
    if (kind === undefined || qdiscFacts(kind).clock === 'none') return [];
    return [
      {
        severity: 'warning',
        subject: SYSCTL,
        message: `each NIC that comes up gets ${kind}: until it is an uplink, it drops what pods with a policy send there`,
        evidence: `${SYSCTL} = ${kind}`,
        mend: `name every NIC by which pods send as an uplink; or sysctl -w ${SYSCTL}=fq_codel`,
      },
    ];
  },
};
