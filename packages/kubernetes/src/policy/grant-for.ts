import { clamp, type Policy, parseDuration } from '@tsnctl/proxy';
import type { TsnPolicy } from '../crd/tsn-policy.ts';
import { selects } from './selects.ts';

/** A pod, as far as a grant goes by it. */
export interface SelectedPod {
  readonly labels: Readonly<Record<string, string>>;
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

export interface Grant {
  readonly policy: Policy;
  /** Names of the policies that make it up. */
  readonly by: readonly string[];
  /** Where two of them say different things of one priority, or of launch times: what holds, and why. */
  readonly disagreements: readonly string[];
}

/**
 * What a pod may ask for: all that the policies grant which select it. Where they disagree on one priority, the
 * lower one is sent; of several horizons the shortest holds. Pure; the order of the policies does not matter.
 */
export function grantFor(pod: SelectedPod, policies: readonly TsnPolicy[]): Grant {
  const selecting = policies
    .filter(({ spec: { namespaceSelector, podSelector = {} } }) => {
      return selects(namespaceSelector, pod.namespaceLabels) && selects(podSelector, pod.labels);
    })
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const grants = selecting.map((one) => ({ name: one.metadata.name, policy: policyOf(one) }));
  const disagreements: string[] = [];
  const sentAs = new Map<number, { sent: number; by: string }>();
  for (const { name, policy } of grants) {
    for (const [asked, sent] of sentPriorities(policy)) {
      const other = sentAs.get(asked);
      if (other && other.sent !== sent) {
        disagreements.push(disagreement(asked, [other, { sent, by: name }]));
      }
      if (!other || sent < other.sent) sentAs.set(asked, { sent, by: name });
    }
  }
  const horizons = grants.flatMap(({ name, policy: { horizonNs } }) =>
    horizonNs > 0n ? [{ name, horizonNs }] : [],
  );
  const shortest = horizons.toSorted((a, b) => Number(a.horizonNs - b.horizonNs))[0];
  if (shortest && horizons.some(({ horizonNs }) => horizonNs !== shortest.horizonNs)) {
    disagreements.push(`launch times: ${shortest.name} has the shortest horizon, which holds`);
  }
  const pairs = [...sentAs].toSorted(([a], [b]) => a - b);
  return {
    policy: {
      allow: pairs.flatMap(([asked, { sent }]) => (asked === sent ? [asked] : [])),
      remap: Object.fromEntries(
        pairs.flatMap(([asked, { sent }]) => (asked === sent ? [] : [[asked, sent]])),
      ),
      horizonNs: shortest?.horizonNs ?? 0n,
    },
    by: grants.map(({ name }) => name),
    disagreements,
  };
}

/** What one policy grants by itself. */
export function policyOf({
  spec: { priorities, remap = [], clamp: clamped, launchTime },
}: TsnPolicy): Policy {
  const policy: Policy = {
    allow: priorities.toSorted((a, b) => a - b),
    remap: Object.fromEntries(remap.map(({ from, to }) => [from, to])),
    horizonNs: launchTime ? parseDuration(launchTime.horizon) : 0n,
  };
  return clamped ? clamp(policy) : policy;
}

function sentPriorities({ allow, remap }: Policy): [asked: number, sent: number][] {
  return [
    ...allow.map((priority): [number, number] => [priority, priority]),
    ...Object.entries(remap).map(([from, to]): [number, number] => [Number(from), to]),
  ];
}

function disagreement(asked: number, sides: readonly { sent: number; by: string }[]): string {
  const words = sides.map(({ sent, by }) => `${by} sends it as ${sent}`).join(', ');
  return `priority ${asked}: ${words}; ${Math.min(...sides.map(({ sent }) => sent))} holds`;
}
