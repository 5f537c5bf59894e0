import { podName } from './pods.ts';
import type { Drift, NodeSnapshot, PodSnapshot, UplinkSnapshot } from './schema.ts';

/** Something that is other than at the last look. */
export interface NodeEvent {
  /** As Date.toISOString() has it. */
  readonly at: string;
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'neutral';
}

/** What came, went and changed from one snapshot to the next. Pure. */
export function eventsBetween(before: NodeSnapshot, after: NodeSnapshot): NodeEvent[] {
  const at = after.observedAt;
  return [
    ...changes(before.pods, after.pods, podKey, podEvents),
    ...changes(before.uplinks, after.uplinks, uplinkKey, uplinkEvents),
    ...programEvents(before, after),
    ...changes(before.drift, after.drift, driftKey, driftEvents),
  ].map((event) => ({ at, ...event }));
}

type Told = Omit<NodeEvent, 'at'>;
/** `before` or `after` is missing where it came or went. */
type Tell<T> = (before: T | undefined, after: T | undefined) => Told[];

function changes<T>(
  before: readonly T[],
  after: readonly T[],
  key: (one: T) => string,
  tell: Tell<T>,
): Told[] {
  const [old, now] = [before, after].map((list) => new Map(list.map((one) => [key(one), one] as const)));
  const keys = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  return [...keys].flatMap((one) => tell(old?.get(one), now?.get(one)));
}

const podKey = ({ interface: name, ifindex, containerId, podInterface }: PodSnapshot) =>
  `${ifindex === null ? `${containerId} ${podInterface}` : ifindex} ${name}`;
const uplinkKey = ({ interface: name, ifindex }: UplinkSnapshot) => `${ifindex} ${name}`;
const driftKey = ({ code, interface: name, hook, message }: Drift) => `${code} ${name} ${hook} ${message}`;

const tones: Partial<Record<PodSnapshot['state'], Told['tone']>> = {
  carried: 'good',
  unguarded: 'bad',
  gone: 'bad',
};

function podEvents(before: PodSnapshot | undefined, after: PodSnapshot | undefined): Told[] {
  if (!after) return before ? [{ text: `pod ${labelOf(before)} went`, tone: 'neutral' }] : [];
  if (!before)
    return [{ text: `pod ${labelOf(after)} came: ${after.state}`, tone: tones[after.state] ?? 'neutral' }];
  if (before.state !== after.state) {
    const text = `pod ${labelOf(after)}: ${before.state}, now ${after.state}`;
    return [{ text, tone: tones[after.state] ?? 'neutral' }];
  }
  return JSON.stringify(before.policy) === JSON.stringify(after.policy)
    ? []
    : [{ text: `pod ${labelOf(after)} has another policy`, tone: 'neutral' }];
}

function labelOf(pod: PodSnapshot): string {
  const name = podName(pod);
  return pod.interface === null || pod.interface === name ? name : `${name} (${pod.interface})`;
}

function uplinkEvents(before: UplinkSnapshot | undefined, after: UplinkSnapshot | undefined): Told[] {
  if (!after) return before ? [{ text: `uplink ${before.interface} went`, tone: 'bad' }] : [];
  const name = after.interface;
  if (!before) return [{ text: `uplink ${name} came`, tone: 'neutral' }];
  const kinds = (uplink: UplinkSnapshot) => uplink.qdiscs.map(({ kind }) => kind).join(', ') || 'no qdisc';
  const told: (Told | false)[] = [
    before.up !== after.up && {
      text: `uplink ${name} is ${after.up ? 'up' : 'down'}`,
      tone: after.up ? 'good' : 'bad',
    },
    before.attached !== after.attached && {
      text: `uplink ${name}: restorer ${after.attached ? 'attached' : 'detached'}`,
      tone: after.attached ? 'good' : 'bad',
    },
    kinds(before) !== kinds(after) && {
      text: `uplink ${name} has ${kinds(after)}, where ${kinds(before)} was`,
      tone: 'neutral',
    },
    JSON.stringify(before.schedule?.inForce) !== JSON.stringify(after.schedule?.inForce) && {
      text: `uplink ${name} has another schedule in force`,
      tone: 'neutral',
    },
  ];
  return told.filter((one) => one !== false);
}

/** Programs of others; what becomes of ours shows in pods, uplinks and drift. */
function programEvents(before: NodeSnapshot, after: NodeSnapshot): Told[] {
  const foreign = ({ hooks }: NodeSnapshot) =>
    hooks.flatMap(({ interface: name, hook, programs }) =>
      programs
        .filter(({ owner }) => owner === 'other')
        .map((program) => ({
          key: `${name} ${hook} ${program.programId} ${program.linkId} ${program.filter?.handle}`,
          text: `${program.name || 'a program without a name'} on ${name} ${hook}`,
        })),
    );
  return changes(
    foreign(before),
    foreign(after),
    ({ key }) => key,
    (old, now) => {
      if (old && now) return [];
      return [{ text: `${now ? 'new: ' : 'gone: '}${(now ?? old)?.text}`, tone: 'neutral' }];
    },
  );
}

function driftEvents(before: Drift | undefined, after: Drift | undefined): Told[] {
  if (before && after) return [];
  if (after) return [{ text: `drift: ${after.message}`, tone: 'bad' }];
  return before ? [{ text: `no more: ${before.message}`, tone: 'good' }] : [];
}
