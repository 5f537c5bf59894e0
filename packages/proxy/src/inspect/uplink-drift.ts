import { qdiscFacts } from '@tsnctl/netlink';
import { unrestored } from '../unrestored.ts';
import { attachUplinkCommand } from './commands.ts';
import { here, type Look } from './mend-of.ts';
import type { Drift } from './schema.ts';

/** The clock that a restorer gives launch times in, against the one in which the qdiscs read them. */
export function clockDrift(name: string, look: Look): Drift | undefined {
  const { observed, desired } = look;
  const uplink = desired.uplinks.find((one) => one.name === name);
  const qdiscs = observed.interfaces.find((link) => link.name === name)?.qdiscs ?? [];
  if (!uplink || uplink.stacked) return undefined;
  const reads = qdiscs.filter((kind) => qdiscFacts(kind).clock !== 'none');
  const wrong = reads.filter((kind) => qdiscFacts(kind).clock !== uplink.clock);
  if (wrong.length === 0 && (reads.length > 0 || uplink.clock === 'none')) return undefined;
  const [kind] = wrong;
  const clock = kind ? qdiscFacts(kind).clock : 'none';
  const has = qdiscs.join(', ') || 'no qdisc';
  return {
    code: 'clock',
    interface: name,
    hook: 'egress',
    message: kind
      ? `${name} gives launch times ${clockWords[uplink.clock]}, and ${kind} there reads them ${clockWords[clock]}`
      : `${name} gives launch times ${clockWords[uplink.clock]}, and no qdisc there reads any`,
    cause: `the qdisc was changed after the uplink was attached, or --clock named another: it has ${has}`,
    mend: `${here(attachUplinkCommand({ name, clock }), look.node)}; or the former qdisc`,
  };
}

const clockWords = { none: 'none', mono: 'in CLOCK_MONOTONIC', tai: 'in CLOCK_TAI' } as const;

/** Qdiscs that would drop what pods send, and no restorer ahead of them. */
export function unrestoredDrift(look: Look): Drift[] {
  const { observed, desired } = look;
  if (desired.pods.length === 0) return [];
  return unrestored(observed, desired.uplinks).map(({ name, kind }) => ({
    code: 'unrestored',
    interface: name,
    hook: 'egress',
    message: `${name} has ${kind} and no restorer: marked packets of pods that leave there are dropped`,
    cause: `${kind} came after the pods were attached; or no pod sends there`,
    mend: `${here(`tsnctl attach uplink ${name}`, look.node)}; or another qdisc: tc qdisc replace dev ${name} root pfifo`,
  }));
}
