import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';

/** mqprio and taprio give each class its own queues. */
export const queues: Check = {
  name: 'queues',
  asks: 'has each uplink a queue for each of its classes',
  run: ({ links, nics, qdiscs, uplinks }) => {
    if ('unseen' in links || 'unseen' in uplinks) return [];
    const names = new Set(uplinks.seen.map(({ name }) => name));
    return links.seen
      .filter(({ name }) => names.has(name))
      .flatMap(({ index, name, kind, numTxQueues }): Found[] => {
        const evidence = `ip -d link show ${name}: numtxqueues ${numTxQueues}`;
        const classed = seen(qdiscs)?.find((one) => one.index === index && CLASSED.has(one.kind));
        if (classed) {
          const count = (classed.options as { classes?: number } | undefined)?.classes;
          const rest = count === undefined ? '' : ` for ${count} classes`;
          return [
            {
              severity: 'ok',
              subject: name,
              message: `${name} has ${classed.kind} with ${numTxQueues} queues${rest}`,
              evidence,
            },
          ];
        }
        if (numTxQueues > 1 || kind !== undefined) return [];
        const most = seen(nics)?.[name]?.maxTxQueues ?? 1;
        return [
          {
            severity: 'hint',
            subject: name,
            message: `${name} has 1 TX queue: mqprio and taprio need one for each class, prio and etf do not`,
            evidence,
            mend:
              most > 1
                ? `ethtool -L ${name} combined ${most}; tsnctl tune does it where a schedule needs it`
                : `prio, or etf at the root; or a NIC with more queues`,
          },
        ];
      });
  },
};

const CLASSED = new Set(['mqprio', 'taprio']);
