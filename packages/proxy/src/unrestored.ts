import { TsnctlError } from '@tsnctl/codec';
import { qdiscFacts } from '@tsnctl/netlink';
import type { Desired, DesiredUplink, Observed } from './model.ts';

/** An interface that would read words as launch times, and the kind of qdisc that does so. */
export interface Unrestored {
  name: string;
  kind: string;
}

/**
 * Interfaces with a qdisc that goes by launch times, and nothing ahead of it that takes the word out: what a pod
 * sends there is dropped. On a stacked device the restorer leaves the word in. What a pod's own interface has is
 * not the node's affair.
 */
export function unrestored({ interfaces }: Observed, uplinks: readonly DesiredUplink[]): Unrestored[] {
  return interfaces.flatMap(({ name, podSide, qdiscs }) => {
    const kind = timed(qdiscs);
    const uplink = uplinks.find((one) => one.name === name);
    const drops = uplink ? uplink.stacked : !podSide;
    return kind !== undefined && drops ? [{ name, kind }] : [];
  });
}

/** The kind that goes by launch times. */
function timed(kinds: readonly string[]): string | undefined {
  return kinds.find((kind) => qdiscFacts(kind).clock !== 'none');
}

/** Refuses to let a pod send words while some interface would drop them. @throws TsnctlError UNRESTORED */
export function requireRestored(observed: Observed, { uplinks }: Desired, pod: string): void {
  const [found] = unrestored(observed, uplinks);
  if (!found) return;
  const { name, kind } = found;
  const attached = uplinks.some((uplink) => uplink.name === name);
  const restore = attached ? [] : [`tsnctl attach uplink ${name} first`];
  throw new TsnctlError(
    'UNRESTORED',
    `${name} has ${kind}, and ${attached ? 'its restorer leaves the word in, for the device below' : 'no restorer'}: what ${pod} sends there would be dropped`,
    {
      hint: [...restore, anotherQdisc(name), '--without-uplink, if no pod sends there'].join('; or '),
    },
  );
}

/** Refuses to take the restorer off an interface that would then drop what pods send. @throws TsnctlError UNRESTORED */
export function requireUnneeded({ interfaces }: Observed, { pods: [pod] }: Desired, uplink: string): void {
  const kind = timed(interfaces.find(({ name }) => name === uplink)?.qdiscs ?? []);
  if (kind === undefined || !pod) return;
  throw new TsnctlError(
    'UNRESTORED',
    `${uplink} has ${kind}: without a restorer, what ${pod.name} sends there would be dropped`,
    { hint: `tsnctl detach pod ${pod.name} first; or ${anotherQdisc(uplink)}` },
  );
}

function anotherQdisc(name: string): string {
  return `another qdisc: tc qdisc replace dev ${name} root pfifo`;
}
