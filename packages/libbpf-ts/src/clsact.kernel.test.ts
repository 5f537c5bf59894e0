import { execFileSync } from 'node:child_process';
import { addQdisc } from '@tsnctl/netlink';
import { requires, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import { clsactFilters } from './clsact.ts';
import { BpfObject } from './object.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 10], programs: ['tc'] }));

function stage() {
  const resources = new DisposableStack();
  const { name, netns, socket, add } = resources.use(testNamespace());
  const ifindex = add({ kind: 'veth', name: 'v0', peer: { name: 'v1' } });
  const object = resources.use(BpfObject.open(testObject('shapes'), 'shapes').load());
  const one = resources.use(object.program('answering'));
  const two = resources.use(object.program('other'));
  const target = { ifindex, direction: 'egress', netns } as const;
  const shown = () => execFileSync('tc', ['-n', name, 'qdisc', 'show', 'dev', 'v0'], { encoding: 'utf8' });
  const programs = () => clsactFilters(socket, { index: ifindex, hook: 'egress' }).map(({ bpf }) => bpf?.id);
  return { socket, ifindex, one, two, target, shown, programs, [Symbol.dispose]: () => resources.dispose() };
}

describe('attachClsact', () => {
  it('makes the qdisc, runs the program until it is disposed, and leaves nothing', () => {
    using s = stage();
    {
      using filter = s.one.attachClsact({ ...s.target, name: 'mine' });
      expect([filter.priority, filter.handle]).toEqual([1, 1]);
      expect(s.shown()).toContain('qdisc clsact');
      expect(s.programs()).toEqual([s.one.info().id]);
      filter.update(s.two);
      expect(s.programs()).toEqual([s.two.info().id]);
    }
    expect(s.shown()).not.toContain('clsact');
    expect(s.programs()).toEqual([]);
  });

  it('leaves a qdisc that was there, or that others use', () => {
    using s = stage();
    const first = s.one.attachClsact(s.target);
    const second = s.two.attachClsact(s.target);
    expect(second.handle).toBe(2);
    first[Symbol.dispose]();
    expect(s.programs()).toEqual([s.two.info().id]);
    second[Symbol.dispose]();
    expect(s.programs()).toEqual([]);
    expect(s.shown()).toContain('clsact'); // the first had made it, and could not take it away
  });

  it('keeps it where asked, and takes a second dispose', () => {
    using s = stage();
    const filter = s.one.attachClsact(s.target);
    filter.keep();
    filter[Symbol.dispose]();
    expect(s.programs()).toEqual([s.one.info().id]);
  });

  it('refuses an ingress qdisc in its place, an interface that is not there, and a handle that is taken', () => {
    using s = stage();
    using _filter = s.one.attachClsact({ ...s.target, handle: 7 });
    expect(() => s.two.attachClsact({ ...s.target, handle: 7 })).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    expect(() => s.one.attachClsact({ ...s.target, ifindex: 0x7fff_fff0 })).toThrow(
      expect.objectContaining({ code: 'ENODEV' }),
    );
    using other = stage();
    other.socket.request(addQdisc({ index: other.ifindex, kind: 'ingress' }));
    expect(() => other.one.attachClsact(other.target)).toThrow(
      expect.objectContaining({
        code: 'INGRESS_QDISC',
        message: `interface ${other.ifindex} has an ingress qdisc where a clsact qdisc should go`,
      }),
    );
    expect(other.programs()).toEqual([]);
  });
});
