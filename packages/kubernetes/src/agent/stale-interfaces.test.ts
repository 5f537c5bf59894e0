import { describe, expect, it } from 'vitest';
import { nic } from '../../test/cluster.ts';
import type { ApiObject } from '../client/kube-client.ts';
import { type TsnInterface, tsnInterface } from '../crd/tsn-interface.ts';
import type { InterfaceState } from './cluster-interfaces.ts';
import { staleInterfaces } from './stale-interfaces.ts';

const NOW = '2026-11-29T12:00:00.000Z';
const later = (minutes: number) => new Date(Date.parse(NOW) + minutes * 60_000).toISOString();
const matched = { type: 'Matched', status: 'True', reason: 'OneInterface', message: 'it means one' } as const;
const states = {
  refused: {
    findings: [{ type: 'Matched', status: 'False', reason: 'NoInterface', message: 'there is none' }],
  },
  failed: {
    interface: 'eth1',
    findings: [matched, { type: 'Applied', status: 'False', reason: 'TooFewQueues', message: 'it has 1' }],
  },
  inForce: {
    interface: 'eth1',
    findings: [matched, { type: 'Applied', status: 'True', reason: 'InPlace', message: 'as wanted' }],
  },
} as const;
type Mine = keyof typeof states | 'elsewhere';

/** An object in the API, and what nodes make of its status. */
class Told {
  object: TsnInterface & ApiObject;

  constructor(spec: object = {}) {
    this.object = { ...tsnInterface.parse(nic('line', spec)), metadata: { name: 'line', generation: 1 } };
  }

  /** What a node has to say now; `write` lets it be heard. */
  by(node: string, mine: Mine, now = NOW, { write = true } = {}): string | undefined {
    const here: InterfaceState[] = mine === 'elsewhere' ? [] : [{ name: 'line', ...states[mine] }];
    const [found] = staleInterfaces({ objects: [this.object], states: here, node, now });
    if (found && write) this.object = { ...this.object, status: { ...found.status } };
    return found && this.said;
  }

  get said(): string {
    const { conditions = [] } = this.object.status ?? {};
    return conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`).join(', ');
  }
}

const IN_FORCE = 'Accepted True OneInterface, Applied True InPlace';
const FAILED = 'Accepted True OneInterface, Applied False TooFewQueues';
const REFUSED = 'Accepted False NoInterface, Applied False NoInterface';
const NO_NODE = 'Accepted Unknown NoNode, Applied False NoNode';

describe('of all nodes one speaks', () => {
  it('who has the worst to say, and each writes but once', () => {
    const told = new Told();
    expect(told.by('n1', 'elsewhere')).toBe(NO_NODE);
    expect(told.by('n2', 'elsewhere')).toBeUndefined();
    expect(told.by('n3', 'inForce')).toBe(IN_FORCE);
    expect(told.by('n4', 'inForce')).toBeUndefined();
    expect(told.by('n5', 'failed')).toBe(FAILED);
    for (const mine of ['elsewhere', 'inForce', 'failed'] as const)
      expect(told.by('n6', mine)).toBeUndefined();
    expect(told.by('n7', 'refused')).toBe(REFUSED);
    expect(told.by('n5', 'failed')).toBeUndefined();
    expect(told.object.status).toMatchObject({
      node: 'n7',
      observedGeneration: 1,
      conditions: [{ message: 'n7: there is none' }, { message: 'n7: there is none' }],
    });
  });

  it('and takes it back, so that the next one can', () => {
    const told = new Told();
    told.by('n1', 'failed');
    expect(told.by('n2', 'failed')).toBeUndefined();
    expect(told.by('n1', 'inForce')).toBe(IN_FORCE);
    expect(told.by('n2', 'failed')).toBe(FAILED);
    expect(told.by('n2', 'elsewhere')).toBe(NO_NODE); // its labels are other ones
    expect(told.by('n1', 'inForce')).toBe(IN_FORCE);
  });

  it('until it has said nothing for too long', () => {
    const told = new Told();
    told.by('gone', 'failed');
    expect(told.by('n2', 'inForce', later(14))).toBeUndefined();
    expect(told.by('n2', 'inForce', later(16))).toBe(IN_FORCE);
    expect(told.by('n1', 'elsewhere', later(16 + 179))).toBeUndefined();
    expect(told.by('n1', 'elsewhere', later(16 + 181))).toBe(NO_NODE);
  });

  it('again now and then, and then with its words as they are: a failure after minutes, a success after an hour', () => {
    const told = new Told();
    told.by('n1', 'failed');
    expect(told.by('n1', 'failed', later(4))).toBeUndefined();
    expect(told.by('n1', 'failed', later(6))).toBe(FAILED);
    told.by('n1', 'inForce', later(6));
    expect(told.by('n1', 'inForce', later(60))).toBeUndefined();
    expect(told.by('n1', 'inForce', later(67))).toBe(IN_FORCE);
    expect(told.object.status?.conditions?.[1]?.lastTransitionTime).toBe(later(6));
  });
});

it('a changed spec is judged anew, and failures have the first turn', () => {
  const told = new Told();
  told.by('n1', 'inForce');
  told.object = { ...told.object, metadata: { name: 'line', generation: 2 } };
  expect(told.by('n2', 'inForce')).toBe(IN_FORCE);
  expect(told.object.status?.observedGeneration).toBe(2);
  const fresh = new Told().object;
  const turns = (['refused', 'failed', 'inForce', 'elsewhere'] as const).map((mine) => {
    const here = mine === 'elsewhere' ? [] : [{ name: 'line', ...states[mine] }];
    return staleInterfaces({ objects: [fresh], states: here, node: 'n1', now: NOW })[0]?.turn?.[0];
  });
  expect(turns).toEqual([0, 0, 1 / 3, 2 / 3]);
});

it('one that is not as it has to be is no node’s, and it says what is wrong', () => {
  const told = new Told();
  told.object = { ...told.object, spec: { ...told.object.spec, clock: 'utc' as 'tai' } };
  expect(told.by('n1', 'elsewhere')).toBe('Accepted False Invalid, Applied False Invalid');
  expect(told.object.status?.conditions?.[0]?.message).toContain('no node takes it: spec.clock: ');
});
