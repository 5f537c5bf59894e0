import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

/** Cilium's program on a device by which packets leave; its bandwidth manager puts fq there and sets launch times. */
const ON_UPLINKS = /^cil_to_netdev|^cil_to_host$/;

/** Cilium's bandwidth manager paces by the same field that carries the word. Its exclusive mode: see `chain`. */
export const cilium: Check = {
  name: 'cilium',
  asks: "does Cilium's bandwidth manager set launch times, too",
  run: ({ hooks, qdiscs, links }) => {
    if ('unseen' in hooks) return [];
    return hooks.seen
      .filter(
        ({ direction, programs }) =>
          direction === 'egress' && programs.some(({ name }) => ON_UPLINKS.test(name)),
      )
      .flatMap(({ interface: name }) => {
        const index = seen(links)?.find((link) => link.name === name)?.index;
        const paced = seen(qdiscs)?.some((qdisc) => qdisc.index === index && qdisc.kind === 'fq');
        if (!paced) return [];
        return [
          {
            severity: 'warning' as const,
            subject: name,
            message: `Cilium is on ${name}, with fq: its bandwidth manager delays packets of limited pods by their launch time`,
            evidence: `tc qdisc show dev ${name}; bpftool net show dev ${name}`,
            mend: 'bandwidthManager.enabled=false; or no kubernetes.io/egress-bandwidth on pods that send launch times',
          },
        ];
      });
  },
};
