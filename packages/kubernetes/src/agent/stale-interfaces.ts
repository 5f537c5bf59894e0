import type { ApiObject } from '../client/kube-client.ts';
import { readInterface, type TsnInterface } from '../crd/tsn-interface.ts';
import { type Finding, issuesOf } from '../policy/policy-conditions.ts';
import type { InterfaceState } from './cluster-interfaces.ts';
import { timed } from './node-state.ts';
import type { StaleStatus } from './status-writer.ts';

export interface Seen {
  /** All TsnInterfaces, also those that are not as they have to be. */
  readonly objects: readonly ApiObject[];
  /** What became of those that are about this node. */
  readonly states: readonly InterfaceState[];
  readonly node: string;
  readonly now: string;
}

/**
 * TsnInterfaces of which this node has to say something. One node speaks for all: whoever has the worst to say, and
 * until it has something else to say, or has been silent for too long. So a status has one size however many nodes
 * there are, and is written when the truth changes, not when each node has found it. Pure.
 */
export function staleInterfaces({ objects, states, node, now }: Seen): StaleStatus[] {
  return objects.flatMap((object) => {
    const { name, generation = 1, resourceVersion } = object.metadata;
    const { status = {} } = object as Pick<TsnInterface, 'status'>;
    const mine = findingsOf(object, states, node);
    if (!hasToSay({ status, generation, mine, node, now })) return [];
    const conditions = timed(mine, status.conditions ?? [], now, generation);
    const { turn } = traits[rankOf(mine)];
    return [
      {
        name,
        resourceVersion,
        turn,
        status: { observedGeneration: generation, node, observedAt: now, conditions },
      },
    ];
  });
}

/** The worst first. */
const RANKS = ['refused', 'failed', 'in-force', 'elsewhere'] as const;
type Rank = (typeof RANKS)[number];

interface Traits {
  /** Which part of the time it waits for its turn: a success has to wait until failures had theirs. */
  readonly turn: readonly [from: number, to: number];
  /** It says so again after this; with three times nothing, another one speaks. */
  readonly renewedMs: number;
}

const MINUTE_MS = 60_000;
const SILENCE = 3;
const traits: Readonly<Record<Rank, Traits>> = {
  refused: { turn: [0, 1 / 3], renewedMs: 5 * MINUTE_MS },
  failed: { turn: [0, 1 / 3], renewedMs: 5 * MINUTE_MS },
  'in-force': { turn: [1 / 3, 2 / 3], renewedMs: 60 * MINUTE_MS },
  elsewhere: { turn: [2 / 3, 1], renewedMs: Number.POSITIVE_INFINITY },
};

function hasToSay({
  status,
  generation,
  mine,
  node,
  now,
}: {
  status: NonNullable<TsnInterface['status']>;
  generation: number;
  mine: readonly Finding[];
  node: string;
  now: string;
}): boolean {
  const { conditions = [], observedAt = '', observedGeneration } = status;
  if (observedGeneration !== generation || conditions.length === 0) return true;
  const ageMs = Date.parse(now) - Date.parse(observedAt);
  const { renewedMs } = traits[rankOf(conditions)];
  if (status.node === node) return !mine.every((one) => isAmong(conditions, one)) || ageMs > renewedMs;
  return RANKS.indexOf(rankOf(mine)) < RANKS.indexOf(rankOf(conditions)) || ageMs > SILENCE * renewedMs;
}

/** Its words alone may be other ones: these are told when it is said again. */
function isAmong(conditions: readonly Finding[], { type, status, reason }: Finding): boolean {
  return conditions.some((it) => it.type === type && it.status === status && it.reason === reason);
}

function rankOf(findings: readonly Pick<Finding, 'type' | 'status'>[]): Rank {
  const of = (type: string) => findings.find((one) => one.type === type)?.status;
  if (of('Accepted') === 'False') return 'refused';
  if (of('Accepted') !== 'True') return 'elsewhere';
  return of('Applied') === 'True' ? 'in-force' : 'failed';
}

/** What this node has to say of one. */
function findingsOf(object: ApiObject, states: readonly InterfaceState[], node: string): Finding[] {
  const { error } = readInterface(object);
  if (error) return both('False', 'Invalid', `no node takes it: ${issuesOf(error)}`);
  const state = states.find(({ name }) => name === object.metadata.name);
  if (!state) {
    const message = 'no node has the labels that it asks for, or its agent has not said so yet';
    return [
      { type: 'Accepted', status: 'Unknown', reason: 'NoNode', message },
      { type: 'Applied', status: 'False', reason: 'NoNode', message },
    ];
  }
  const of = (type: string) => state.findings.find((one) => one.type === type);
  const [matched, applied] = [of('Matched'), of('Applied')];
  if (matched?.status === 'False') return both('False', matched.reason, `${node}: ${matched.message}`);
  const reason = matched?.reason ?? 'OneInterface';
  const accepted = `${node}: it means ${state.interface}; no node says otherwise`;
  const ending = applied?.status === 'True' ? '; no node says otherwise' : '';
  return [
    { type: 'Accepted', status: 'True', reason, message: accepted },
    {
      type: 'Applied',
      status: applied?.status ?? 'Unknown',
      reason: applied?.reason ?? 'NotTried',
      message: `${node}: ${applied?.message ?? 'not tried yet'}${ending}`,
    },
  ];
}

function both(status: Finding['status'], reason: string, message: string): Finding[] {
  return ['Accepted', 'Applied'].map((type) => ({ type, status, reason, message }));
}
