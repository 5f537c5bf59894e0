import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { after } from '../test/simulate.ts';
import { inverse } from './inverse.ts';
import { type Attachment, type Desired, hookOf, type Observed, type Step } from './model.ts';
import { planProxy } from './plan.ts';

const cases = fileURLToPath(new URL('../testdata/plan', import.meta.url));

describe('planProxy, case by case', () => {
  it.each(readdirSync(cases))('%s', (name) => {
    const read = (part: string) =>
      parse(readFileSync(`${cases}/${name}/${part}.yaml`, 'utf8'), { intAsBigInt: false });
    const [observed, desired, plan] = [read('observed'), read('desired'), read('plan')].map(reviveBigints);
    expect(planProxy(observed as Observed, desired as Desired)).toEqual(plan);
  });
});

describe('planProxy, for every node and every wish', () => {
  it('has nothing left to do after its plan was carried out', () => {
    fc.assert(
      fc.property(nodes, wishes, (observed, desired) => {
        const steps = planProxy(observed, desired);
        const reached = steps.reduce(after, observed);
        expect(planProxy(reached, desired)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('never restores while a pod is open, nor saves while nothing restores', () => {
    fc.assert(
      fc.property(wishes, wishes, (first, second) => {
        const start = planProxy(BARE, first).reduce(after, BARE);
        let now = start;
        for (const step of planProxy(start, second)) {
          now = after(now, step);
          expect(openPods(now), `after ${step.do}`).toEqual([]);
          if (first.uplinks.length > 0 && second.uplinks.length > 0) {
            expect(saversWithoutRestorer(now), `after ${step.do}`).toEqual([]);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('never leaves a pod without its priority that has a policy before and after', () => {
    fc.assert(
      fc.property(wishes, wishes, (first, second) => {
        const start = planProxy(BARE, first).reduce(after, BARE);
        const kept = INTERFACES.filter(({ name }) =>
          [first, second].every(({ pods }) => pods.some((pod) => pod.name === name)),
        );
        let now = start;
        for (const step of planProxy(start, second)) {
          now = after(now, step);
          expect(kept.filter((pod) => !isCarried(now, pod)).map(({ name }) => name)).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is undone by the inverse of its steps, in reverse order', () => {
    fc.assert(
      fc.property(wishes, wishes, (first, second) => {
        const start = planProxy(BARE, first).reduce(after, BARE);
        const steps = planProxy(start, second);
        const back = [...steps].reverse().flatMap((step): Step[] => {
          const undo = inverse(step);
          return undo ? [undo] : [];
        });
        expect(sorted(back.reduce(after, steps.reduce(after, start)))).toEqual(sorted(start));
      }),
      { numRuns: 1000 },
    );
  });
});

const INTERFACES = [
  { ifindex: 2, name: 'nic0', kind: undefined, podSide: false, qdiscs: ['etf'] },
  { ifindex: 3, name: 'nic1', kind: undefined, podSide: false, qdiscs: ['fq'] },
  { ifindex: 5, name: 'podA', kind: 'veth', podSide: true, qdiscs: ['noqueue'] },
  { ifindex: 7, name: 'podB', kind: 'veth', podSide: true, qdiscs: ['noqueue'] },
  { ifindex: 9, name: 'podC', kind: 'netkit', podSide: true, qdiscs: ['noqueue'] },
];
const ABILITIES = { kernel: '6.18.0', tcx: true, hostMode: true };
const BARE: Observed = {
  abilities: ABILITIES,
  interfaces: INTERFACES,
  tables: false,
  attachments: [],
  pods: [],
  uplinks: [],
  stale: [],
};

const policies = fc.record({
  allow: fc.uniqueArray(fc.integer({ min: 1, max: 15 })),
  remap: fc.constant({}),
  horizonNs: fc.bigInt({ min: 0n, max: 10_000_000_000n }),
});
const via = fc.constantFrom('tcx' as const, 'clsact' as const);
const modes = fc.constantFrom('host' as const, 'pod' as const);
const uplinkSettings = fc.record({
  clock: fc.constantFrom('none' as const, 'mono' as const, 'tai' as const),
  stacked: fc.boolean(),
});

const wishes: fc.Arbitrary<Desired> = fc.record({
  via,
  pods: fc.uniqueArray(
    fc.record({ name: fc.constantFrom('podA', 'podB', 'podC'), policy: policies, mode: modes }),
    {
      selector: ({ name }) => name,
    },
  ),
  uplinks: fc.uniqueArray(
    fc
      .record({ name: fc.constantFrom('nic0', 'nic1') })
      .chain(({ name }) => uplinkSettings.map((settings) => ({ name, ...settings }))),
    { selector: ({ name }) => name },
  ),
});

const attachments: fc.Arbitrary<Attachment[]> = fc.uniqueArray(
  fc.oneof(
    fc.record({
      ifindex: fc.constantFrom(2, 3),
      role: fc.constant('restorer' as const),
      via,
      first: fc.boolean(),
    }),
    fc.record({
      ifindex: fc.constantFrom(5, 7, 9),
      role: fc.constantFrom('strip' as const, 'saver' as const, 'gate' as const, 'pod_saver' as const),
      via,
      first: fc.boolean(),
    }),
  ),
  { selector: ({ ifindex }) => ifindex },
);

/** Nodes in any state, also such as no plan of ours would leave. */
const nodes: fc.Arbitrary<Observed> = fc.record({
  abilities: fc.constant(ABILITIES),
  interfaces: fc.constant(INTERFACES),
  tables: fc.boolean(),
  attachments,
  pods: fc.uniqueArray(fc.record({ ifindex: fc.constantFrom(5, 7, 9, 11), policy: policies }), {
    selector: ({ ifindex }) => ifindex,
  }),
  uplinks: fc.uniqueArray(
    fc.constantFrom(2, 3, 4).chain((ifindex) => uplinkSettings.map((settings) => ({ ifindex, ...settings }))),
    { selector: ({ ifindex }) => ifindex },
  ),
  stale: fc.constantFrom([], ['/sys/fs/bpf/tsnctl/v1/links/1-4-ingress']),
  loose: fc.constantFrom(
    [],
    [
      { ifindex: 2, role: 'restorer' as const, linkId: 1 },
      { ifindex: 5, role: 'strip' as const, linkId: 2 },
      { ifindex: 7, role: 'saver' as const, linkId: 3 },
    ],
  ),
});

function openPods({ interfaces, attachments }: Observed): string[] {
  if (!attachments.some(({ role }) => role === 'restorer')) return [];
  const guarded = new Set(
    attachments.filter(({ role }) => hookOf[role] === 'ingress').map(({ ifindex }) => ifindex),
  );
  return interfaces
    .filter(({ ifindex, podSide }) => podSide && !guarded.has(ifindex))
    .map(({ name }) => name);
}

/** Whether a packet of this pod has a word behind all programs: tcx runs first. A gate hands on what it gets. */
function isCarried({ attachments }: Observed, { ifindex }: { ifindex: number }): boolean {
  const roles = attachments.filter((found) => found.ifindex === ifindex);
  const met = (['tcx', 'clsact'] as const).flatMap((via) =>
    roles.filter((found) => found.via === via && hookOf[found.role] === 'ingress'),
  );
  let word = roles.some(({ role }) => role === 'pod_saver');
  for (const { role } of met) word = role === 'saver' || (role === 'gate' && word);
  return word;
}

function saversWithoutRestorer({ attachments }: Observed): Attachment[] {
  if (attachments.some(({ role }) => role === 'restorer')) return [];
  return attachments.filter(({ role }) => role === 'saver' || role === 'gate');
}

function sorted(observed: Observed) {
  const byIndex = (a: { ifindex: number }, b: { ifindex: number }) => a.ifindex - b.ifindex;
  const { attachments, pods, uplinks } = observed;
  return {
    ...observed,
    attachments: attachments.toSorted((a, b) => byIndex(a, b) || a.role.localeCompare(b.role)),
    pods: pods.toSorted(byIndex),
    uplinks: uplinks.toSorted(byIndex),
  };
}

/** YAML knows no bigint: horizons are read as numbers. */
function reviveBigints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reviveBigints);
  if (value === null || typeof value !== 'object') return value === null ? undefined : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === 'horizonNs' ? BigInt(part) : reviveBigints(part),
    ]),
  );
}
