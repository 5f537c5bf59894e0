import { channelsCommand, type Link, type PriorityMap, type Qdisc } from '@tsnctl/netlink';
import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';
import type { NicFacts, NodeFacts } from '../node-facts.ts';

/** mqprio and taprio give each class its own queues. */
export const queues: Check = {
  name: 'queues',
  asks: 'has each uplink a queue for each of its classes',
  mayPass: true,
  run: (facts) => {
    const { links, nics, qdiscs, uplinks } = facts;
    if ('unseen' in links || 'unseen' in uplinks) return [];
    const names = new Set(uplinks.seen.map(({ name }) => name));
    return links.seen
      .filter(({ name }) => names.has(name))
      .flatMap((link): Found[] => {
        const nic = seen(nics)?.[link.name];
        const classed = seen(qdiscs)?.find(({ index, kind }) => index === link.index && CLASSED.has(kind));
        return classed ? ofClasses(link, classed, nic, facts) : withoutClasses(link, nic);
      });
  },
};

const CLASSED = new Set(['mqprio', 'taprio']);

function ofClasses(
  { name, numTxQueues }: Link,
  { kind, options }: Qdisc,
  nic: NicFacts | undefined,
  { proxy }: NodeFacts,
): Found[] {
  const { numTc, map = [], queues: ranges = [] } = (options ?? {}) as Partial<PriorityMap>;
  const inUse = nic?.txQueues ?? numTxQueues;
  const subject = name;
  const needed = Math.max(...ranges.map(({ count, offset }) => offset + count), ranges.length);
  const fewer = 'tsnctl tune with fewer classes';
  const lacking = ranges.flatMap(({ count, offset }, tc) =>
    count === 0 || offset + count > inUse ? [`${tc} (${count}@${offset})`] : [],
  );
  if (lacking.length > 0) {
    return [
      {
        severity: 'error',
        subject,
        message: `${name} has ${inUse} TX queues in use, and ${kind} has given others to class ${lacking.join(', ')}: what these send shares a queue of another class`,
        evidence: `tc qdisc show dev ${name}; ethtool -l ${name}`,
        mend:
          needed > (nic?.maxTxQueues ?? needed)
            ? fewer
            : `${channelsCommand(name, nic?.channels, needed)}; or ${fewer}`,
      },
    ];
  }
  const granted = [
    ...new Set(
      (seen(proxy)?.pods ?? []).flatMap(({ policy: { allow, remap } }) => [
        ...allow,
        ...Object.values(remap),
      ]),
    ),
  ];
  const shared = granted
    .filter((priority) => priority !== 0 && map[priority] === map[0])
    .sort((a, b) => a - b);
  const found: Found[] = [
    {
      severity: 'ok',
      subject,
      message: `${name} has ${kind} with ${inUse} queues${numTc === undefined ? '' : ` for ${numTc} classes`}`,
      evidence: `tc qdisc show dev ${name}`,
    },
  ];
  if (shared.length === 0 || numTc === undefined) return found;
  return [
    ...found,
    {
      severity: 'hint',
      subject,
      message: `pods may send priority ${shared.join(', ')}, and ${kind} of ${name} has these in the class of priority 0: they wait behind everything else`,
      evidence: `tc qdisc show dev ${name}: map ${map.join(' ')}`,
      mend: 'another map in the schedule (docs/schedule.md); or other priorities in the policy',
    },
  ];
}

function withoutClasses({ name, kind, numTxQueues }: Link, nic: NicFacts | undefined): Found[] {
  if (numTxQueues > 1 || kind !== undefined) return [];
  const most = nic?.maxTxQueues ?? 1;
  return [
    {
      severity: 'hint',
      subject: name,
      message: `${name} has 1 TX queue: mqprio and taprio need one for each class, prio and etf do not`,
      evidence: `ip -d link show ${name}: numtxqueues ${numTxQueues}`,
      mend:
        most > 1
          ? `${channelsCommand(name, nic?.channels, most)}; tsnctl tune does it where a schedule needs it`
          : `prio, or etf at the root; or a NIC with more queues`,
    },
  ];
}
