import { describe, expect, it } from 'vitest';
import { describeInterruption, interruptions } from './interruptions.ts';
import type { Role, Step, Via } from './model.ts';

const step =
  (verb: 'attach' | 'detach') =>
  (name: string, role: Role, via: Via): Step => ({ do: verb, role, via, ifindex: 3, name });
const [attach, detach] = [step('attach'), step('detach')];
const change = (name: string, from: Role, to: Role): Step => {
  return { do: 'switch', from, to, via: 'tcx', ifindex: 3, name };
};

const says = (steps: Step[]) => interruptions(steps).map(describeInterruption);

describe('interruptions', () => {
  it.each<[string, Step[]]>([
    ['an empty plan', []],
    ['links', [attach('nic0', 'restorer', 'tcx'), attach('pod0', 'strip', 'tcx')]],
    ['a policy that comes, or goes', [change('pod0', 'strip', 'saver'), change('pod1', 'gate', 'strip')]],
    [
      'a filter in the place of another',
      [attach('nic1', 'restorer', 'clsact'), detach('nic1', 'strip', 'clsact')],
    ],
    ['the end of all', [change('pod0', 'saver', 'strip'), detach('pod0', 'strip', 'tcx')]],
  ])('%s interrupts nothing', (_, steps) => {
    expect(interruptions(steps)).toEqual([]);
  });

  it('a filter that comes or goes may bring its qdisc or take it along', () => {
    expect(says([attach('pod0', 'strip', 'clsact'), attach('nic0', 'restorer', 'clsact')])).toEqual([
      'pod0, nic0: drops outgoing packets for about 1 ms, as a clsact qdisc comes or goes',
    ]);
    expect(says([detach('pod0', 'pod_saver', 'clsact')])).toEqual([
      "the pod's own end of pod0: drops outgoing packets for about 1 ms, as a clsact qdisc comes or goes",
    ]);
  });

  it('a pod that changes its hook or its mode loses launch times', () => {
    const toClsact = [
      attach('podA', 'saver', 'clsact'),
      detach('podA', 'saver', 'tcx'),
      attach('podB', 'pod_saver', 'clsact'),
      detach('podB', 'pod_saver', 'tcx'),
      attach('podB', 'gate', 'clsact'),
      detach('podB', 'gate', 'tcx'),
    ];
    expect(interruptions(toClsact)).toEqual([
      { loses: 'outgoing packets', aboutMs: 1, interfaces: ['podA', "the pod's own end of podB", 'podB'] },
      { loses: 'launch times', aboutMs: 1, interfaces: ['podA'] },
      { loses: 'launch times', aboutMs: 15, interfaces: ['podB'] },
    ]);
    expect(says([attach('podA', 'pod_saver', 'tcx'), change('podA', 'saver', 'gate')])).toEqual([
      'podA: loses launch times for about 15 ms',
    ]);
  });

  it('of many interfaces the first are named', () => {
    const many = Array.from({ length: 40 }, (_, at) => attach(`pod${at}`, 'strip', 'clsact'));
    expect(says(many)).toEqual([
      'pod0, pod1, pod2, pod3, pod4, pod5, pod6, pod7 and 32 more: drops outgoing packets for about 1 ms, as a clsact qdisc comes or goes',
    ]);
  });
});
