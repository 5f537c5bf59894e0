import { describe, expect, it } from 'vitest';
import { condition, drift, fleet, NOW, podState, state } from '../../test/fleet.ts';
import { diagnoseFleet, fleetChecks } from './diagnose-fleet.ts';
import type { JudgedFleet } from './fleet.ts';

const healthy = fleet();
const [cameras] = healthy.policies;
const [line] = healthy.interfaces;
const [first] = healthy.nodes;

it('a fleet that is well has nothing but ok, of each check', () => {
  const findings = diagnoseFleet(healthy);
  expect(findings.filter(({ severity }) => severity !== 'ok')).toEqual([]);
  expect(findings.map(({ check }) => check)).toEqual(fleetChecks.map(({ name }) => name));
});

const late = '2026-11-29T11:40:00Z';
const claim = (name: string, type: string, reason: string, message: string) => ({
  interfaces: [{ name, conditions: [condition(type, 'False', reason, message)] }],
});
const on = (clock: 'tai' | 'mono') => ({
  uplinks: [{ name: 'eth1', clock, qdisc: 'etf' }],
  interfaces: [{ name: 'line', interface: 'eth1', conditions: [] }],
});
const named = (name: string, spec: object = {}) => ({
  ...(cameras as NonNullable<typeof cameras>),
  metadata: { name },
  spec: { namespaceSelector: {}, priorities: [3], ...spec },
});

type Case = [name: string, check: string, patch: Partial<JudgedFleet>, line: string];
const cases: Case[] = [
  ['a node without an agent', 'agents', { states: [state('node-1')] }, 'error: 1 node has no agent: node-2'],
  [
    'an agent that has only begun',
    'agents',
    { states: [state('node-1'), { metadata: { name: 'node-2' } }] },
    'error: 1 node has no agent: node-2',
  ],
  [
    'an agent that says nothing',
    'agents',
    { states: [state('node-1', {}, late), state('node-2')] },
    'error: 1 agent has said nothing for more than 15 minutes: node-1',
  ],
  [
    'a state of a node that is gone',
    'agents',
    { states: [...healthy.states, state('node-9')] },
    'hint: 1 TsnNodeState is of nodes that are gone: node-9',
  ],
  [
    'drift on two nodes for one cause',
    'ready',
    { states: [state('node-1', { drift: [drift] }), state('node-2', { drift: [drift] })] },
    'error: 2 nodes are not as wanted (restorer-missing): node-1, node-2',
  ],
  [
    'an agent that is not ready',
    'ready',
    {
      states: [
        state('node-1'),
        state('node-2', { conditions: [condition('Ready', 'False', 'NotReady', 'no bpffs is mounted')] }),
      ],
    },
    'error: 1 node is not ready: node-2: no bpffs is mounted',
  ],
  [
    'agents of two versions',
    'versions',
    { states: [state('node-1'), state('node-2', { version: '0.0.9' })] },
    'warning: agents of 2 versions: 0.1.0 on 1; 0.0.9 on node-2',
  ],
  [
    'nodes in both modes',
    'versions',
    { states: [state('node-1'), state('node-2', { mode: 'pod' })] },
    'hint: nodes in both modes: host on 1; pod on node-2',
  ],
  [
    'a TsnInterface that matched nothing',
    'interfaces',
    {
      states: [
        state('node-1', claim('line', 'Matched', 'NoInterface', 'no interface of this node is name eth9')),
        state('node-2', claim('line', 'Matched', 'NoInterface', 'no interface of this node is name eth9')),
      ],
    },
    'error: TsnInterface line is not in force on 2 nodes (node-1, node-2): no interface of this node is name eth9',
  ],
  [
    'a TsnInterface for no node',
    'interfaces',
    {
      interfaces: [
        {
          ...(line as NonNullable<typeof line>),
          spec: { nodeSelector: { matchLabels: { zone: 'lien1' } }, match: { name: 'eth1' }, clock: 'auto' },
        },
      ],
    },
    'warning: TsnInterface line is about no node: none has the labels that it asks for',
  ],
  [
    'a policy for no namespace',
    'policies',
    { policies: [named('typo', { namespaceSelector: { matchLabels: { lien: '1' } } })] },
    'warning: TsnPolicy typo grants to nobody: no namespace has the labels that it asks for',
  ],
  [
    'a policy for which no pod asks',
    'policies',
    { policies: [named('cameras'), named('idle')] },
    'hint: TsnPolicy idle grants to nobody: no pod that it selects asks',
  ],
  [
    'policies that disagree',
    'policies',
    {
      policies: [named('cameras'), named('strict', { priorities: [2], remap: [{ from: 3, to: 2 }] })],
      states: [state('node-1', { pods: [podState('a', { policies: ['cameras', 'strict'] })] })],
    },
    'warning: TsnPolicy cameras disagrees with another one: of pods that several select: priority 3: cameras sends it as 3, strict sends it as 2; 2 holds',
  ],
  [
    'pods that ask in vain',
    'grants',
    {
      states: [
        state('node-1', { pods: [podState('a', { policies: [], withheld: ['priority 5'] })] }),
        state('node-2', { pods: [podState('b', { policies: [], withheld: ['priority 5'] })] }),
      ],
    },
    'warning: 2 pods in plant (a, b) did not get priority 5: no TsnPolicy selects them',
  ],
  [
    'a clock that is behind, by what the API server noted',
    'clocks',
    {
      states: [
        {
          ...state('node-1'),
          metadata: {
            name: 'node-1',
            managedFields: [
              { manager: 'kubectl', time: '2026-11-29T11:00:00Z' },
              { manager: 'tsnctl', subresource: 'status', time: '2026-11-29T12:00:37Z' },
            ],
          },
        },
      ],
    },
    "warning: the 1 clock of node-1 (-37 s) is not the API server's",
  ],
  [
    'a clock that is ahead of ours, where nothing else is known',
    'clocks',
    { states: [state('node-1', {}, '2026-11-29T12:01:00Z')] },
    "warning: the 1 clock of node-1 (+60 s) is not the API server's",
  ],
  [
    'uplinks of one TsnInterface by several clocks',
    'clocks',
    { states: [state('node-1', on('tai')), state('node-2', on('mono'))] },
    'hint: the uplinks of TsnInterface line go by several clocks: tai on node-1; mono on node-2',
  ],
];

describe('it tells', () => {
  it.each(cases)('%s', (_, check, patch, line) => {
    const findings = diagnoseFleet(fleet(patch), [check]);
    expect(findings.map(({ severity, message }) => `${severity}: ${message}`)).toContain(line);
    expect(findings.find(({ severity }) => severity !== 'ok')?.mend).toBeDefined();
  });

  it('each check says something of these', () => {
    expect([...new Set(cases.map(([, check]) => check))]).toEqual(fleetChecks.map(({ name }) => name));
  });

  it('thousands of nodes in one line, all of them in the wide form', () => {
    const nodes = Array.from({ length: 5_000 }, (_, at) => ({ metadata: { name: `node-${at}` } }));
    const [found] = diagnoseFleet(fleet({ nodes, states: [] }), ['agents']);
    expect(found?.message).toBe(
      '5000 nodes have no agent: node-0, node-1, node-2, node-3, node-4 and 4995 more',
    );
    expect(found?.evidence).toContain('node-4999');
  });
});

it('of a part of the nodes it does not say that nobody is granted anything', () => {
  const part = fleet({ nodes: first ? [first] : [], states: [], isWhole: false });
  expect(diagnoseFleet(part, ['policies', 'interfaces']).filter(({ severity }) => severity !== 'ok')).toEqual(
    [],
  );
});

it('nodes that do not run Linux need no agent', () => {
  const windows = { metadata: { name: 'win-1', labels: { 'kubernetes.io/os': 'windows' } } };
  const findings = diagnoseFleet(fleet({ nodes: [...healthy.nodes, windows] }));
  expect(findings.every(({ severity }) => severity === 'ok')).toBe(true);
});

it('a check that there is not is refused', () => {
  expect(() => diagnoseFleet(healthy, ['clock'])).toThrow('there is no check clock');
});

it('looks at the time that is given, not at ours', () => {
  expect(diagnoseFleet(healthy)).toEqual(diagnoseFleet({ ...healthy, nowMs: Date.parse(NOW) + 60_000 }));
});
