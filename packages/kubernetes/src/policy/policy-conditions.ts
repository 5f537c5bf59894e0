import type { z } from 'zod';
import type { Condition, LabelSelector } from '../crd/fields.ts';
import type { TsnPolicy } from '../crd/tsn-policy.ts';
import { grantFor } from './grant-for.ts';

/** A condition without its time, which whoever writes it adds. */
export interface Finding {
  readonly type: string;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

const SHOWN = 3;

/**
 * What is to be said of each policy beside the others, by name: whether one that may select the same pods says
 * something else. All agents come to the same, as it depends on the policies alone. Pure.
 */
export function policyConditions(policies: readonly TsnPolicy[]): ReadonlyMap<string, readonly Finding[]> {
  return new Map(policies.map((policy) => [policy.metadata.name, [ACCEPTED, overlap(policy, policies)]]));
}

/** Of one that is not as it has to be: it grants nothing. The API server refuses such; it may be older than its schema. */
export function refusedPolicy(error: z.ZodError): readonly Finding[] {
  return [
    {
      type: 'Accepted',
      status: 'False',
      reason: 'Invalid',
      message: `it grants nothing: ${issuesOf(error)}`,
    },
  ];
}

/** `spec.priorities.0: ...; spec.clamp: ...` */
export function issuesOf({ issues }: z.ZodError): string {
  return issues
    .slice(0, SHOWN)
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('; ');
}

const ACCEPTED: Finding = { type: 'Accepted', status: 'True', reason: 'Valid', message: 'it is in force' };

function overlap(policy: TsnPolicy, all: readonly TsnPolicy[]): Finding {
  const others = all.filter((other) => other !== policy && mayMeet(policy, other)).toSorted(byName);
  const said = others.flatMap((other) => disagreements(policy, other));
  if (said.length === 0) {
    const message = 'no other policy for the same pods says something else';
    return { type: 'Overlaps', status: 'False', reason: 'NoOverlap', message };
  }
  const more = said.length > SHOWN ? `; and ${said.length - SHOWN} more` : '';
  return {
    type: 'Overlaps',
    status: 'True',
    reason: 'Disagreement',
    message: `of pods that several select: ${said.slice(0, SHOWN).join('; ')}${more}`,
  };
}

function disagreements(one: TsnPolicy, other: TsnPolicy): readonly string[] {
  const everywhere = [one, other].map((policy) => ({
    ...policy,
    spec: { ...policy.spec, namespaceSelector: {}, podSelector: {} },
  }));
  return grantFor({ labels: {}, namespaceLabels: {} }, everywhere).disagreements;
}

/** False only where no pod can be selected by both. */
function mayMeet({ spec: one }: TsnPolicy, { spec: other }: TsnPolicy): boolean {
  return (
    compatible(one.namespaceSelector, other.namespaceSelector) &&
    compatible(one.podSelector ?? {}, other.podSelector ?? {})
  );
}

/** Whether each label that both ask for by its values has a value that suits both. */
function compatible(one: LabelSelector, other: LabelSelector): boolean {
  const left = valuesOf(one);
  return [...valuesOf(other)].every(([key, values]) => {
    const mine = left.get(key);
    return mine === undefined || mine.some((value) => values.includes(value));
  });
}

function valuesOf({
  matchLabels = {},
  matchExpressions = [],
}: LabelSelector): Map<string, readonly string[]> {
  return new Map([
    ...Object.entries(matchLabels).map(([key, value]): [string, readonly string[]] => [key, [value]]),
    ...matchExpressions.flatMap(({ key, operator, values = [] }): [string, readonly string[]][] =>
      operator === 'In' ? [[key, values]] : [],
    ),
  ]);
}

function byName(a: TsnPolicy, b: TsnPolicy): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
