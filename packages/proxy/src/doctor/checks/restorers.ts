import { qdiscFacts } from '@tsnctl/netlink';
import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';

/** A qdisc that goes by launch times reads a word as one, a hundred years ahead: it drops the packet. */
export const restorers: Check = {
  name: 'restorers',
  asks: 'does every interface by which packets leave restore them, in the clock of its qdisc',
  mayPass: true,
  run: ({ proxy, uplinks }) => {
    if ('unseen' in proxy) return [];
    const { interfaces, uplinks: attached, attachments, pods } = proxy.seen;
    if (attached.length === 0) return [];
    const found = interfaces.flatMap(({ ifindex, name, podSide, qdiscs }): Found[] => {
      const uplink = attached.find((one) => one.ifindex === ifindex);
      const kind = qdiscs.find((one) => qdiscFacts(one).clock !== 'none');
      const evidence = `tc qdisc show dev ${name}: ${qdiscs.join(', ')}`;
      if (!uplink) {
        const leaves = seen(uplinks)?.find((one) => one.name === name);
        if (kind !== undefined && !podSide) {
          return [
            {
              severity: pods.length > 0 ? 'error' : 'warning',
              subject: name,
              message: `${name} has ${kind} and no restorer: it drops what pods with a policy send there`,
              evidence,
              mend: `tsnctl attach uplink ${name}`,
            },
          ];
        }
        if (!leaves) return [];
        return [
          {
            severity: 'warning',
            subject: name,
            message: `packets can leave by ${name} (${leaves.why}), and nothing restores them there`,
            evidence: `ip route; ${evidence}`,
            mend: `tsnctl attach uplink ${name}; or name the uplinks in the agent's configuration`,
          },
        ];
      }
      if (!attachments.some((one) => one.ifindex === ifindex && one.role === 'restorer')) {
        return [
          {
            severity: 'error',
            subject: name,
            message: `${name} is an uplink, and its restorer is gone`,
            evidence: `bpftool net show dev ${name}`,
            mend: 'start tsnctl agent, which puts it back; or tsnctl attach uplink again',
          },
        ];
      }
      const clock = kind === undefined ? undefined : qdiscFacts(kind).clock;
      if (clock !== undefined && clock !== uplink.clock && !uplink.stacked) {
        return [
          {
            severity: 'error',
            subject: name,
            message: `${name} has ${kind}, which wants launch times in ${clock}, and its restorer gives ${uplink.clock}`,
            evidence,
            mend: `tsnctl attach uplink ${name} --clock ${clock}`,
          },
        ];
      }
      return [];
    });
    if (found.length > 0) return found;
    const names = attached.map(
      ({ ifindex }) => interfaces.find((link) => link.ifindex === ifindex)?.name ?? '?',
    );
    return [{ severity: 'ok', message: `metadata is restored at ${names.join(', ')}` }];
  },
};
