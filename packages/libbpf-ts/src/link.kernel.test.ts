import { rmSync } from 'node:fs';
import { Fd } from '@tsnctl/linux';
import { deleteLink } from '@tsnctl/netlink';
import { requires, testBpffs, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { testObject } from '../test/objects.ts';
import { tcxLinkAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { BpfLink, type TcxTarget } from './link.ts';
import { BpfObject } from './object.ts';
import type { BpfProgram } from './program.ts';
import { queryTcx } from './tcx.ts';
import { tcxRevisions } from './tcx-revisions.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [6, 6] }));

/** A veth in a namespace of its own, and two programs. */
function stage() {
  const resources = new DisposableStack();
  const { netns, socket, add } = resources.use(testNamespace());
  const ifindex = add({ kind: 'veth', name: 'v0', peer: { name: 'v1' } });
  const object = resources.use(BpfObject.open(testObject('shapes'), 'shapes').load());
  const one: BpfProgram = resources.use(object.program('answering'));
  const two: BpfProgram = resources.use(object.program('other'));
  const target = (direction: 'ingress' | 'egress'): TcxTarget => ({ ifindex, direction, netns });
  const order = (direction: 'ingress' | 'egress' = 'egress') =>
    queryTcx({ ifindex, direction, netns }).map(({ programId }) => names.get(programId));
  const names = new Map([one, two].map((program) => [program.info().id, program.info().name]));
  return {
    netns,
    socket,
    object,
    ifindex,
    one,
    two,
    target,
    order,
    [Symbol.dispose]: () => resources.dispose(),
  };
}

describe('attachTcx', () => {
  it('attaches to one side of an interface until the link is closed', () => {
    using s = stage();
    expect(s.order()).toEqual([]);
    const link = s.one.attachTcx(s.target('egress'));
    expect(link.info()).toEqual({
      id: expect.any(Number),
      programId: s.one.info().id,
      ifindex: s.ifindex,
      direction: 'egress',
    });
    expect(queryTcx(s.target('egress'))).toEqual([{ programId: s.one.info().id, linkId: link.info().id }]);
    const { id, programId } = link.info();
    expect(link.describe()).toEqual({ id, type: 'tcx', programId, ifindex: s.ifindex, hook: 'egress' });
    expect([...BpfLink.ids()]).toContain(id);
    expect(s.order('ingress')).toEqual([]);
    link[Symbol.dispose]();
    expect(s.order()).toEqual([]);
  });

  it('puts a program first or, unless told, last', () => {
    using s = stage();
    using last = s.one.attachTcx(s.target('ingress'));
    expect(s.order('ingress')).toEqual(['answering']);
    using first = s.two.attachTcx({ ...s.target('ingress'), position: 'first' });
    expect(s.order('ingress')).toEqual(['other', 'answering']);
    expect(first.info().direction).toBe('ingress');
    last.detach();
    using again = s.one.attachTcx({ ...s.target('ingress'), position: 'last' });
    expect(s.order('ingress')).toEqual(['other', 'answering']);
    again.detach();
    using before = s.one.attachTcx({ ...s.target('ingress'), position: 'first' });
    expect(before.info().id).toBeGreaterThan(0);
    expect(s.order('ingress')).toEqual(['answering', 'other']);
  });

  it('is refused for an interface or a second time', () => {
    using s = stage();
    using link = s.one.attachTcx(s.target('egress'));
    expect(() => s.one.attachTcx(s.target('egress'))).toThrow(
      expect.objectContaining({ code: 'EEXIST', message: 'bpf LINK_CREATE: file already exists' }),
    );
    const nowhere = { ...s.target('egress'), ifindex: 4711 };
    expect(() => s.two.attachTcx(nowhere)).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => queryTcx({ ...nowhere })).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(s.order()).toEqual(['answering']);
    expect(link.info().ifindex).toBe(s.ifindex);
  });
});

describe('a link', () => {
  it('takes another program in place of the first, and keeps its place', () => {
    using s = stage();
    using link = s.one.attachTcx(s.target('egress'));
    const { id } = link.info();
    link.update(s.two);
    expect(s.order()).toEqual(['other']);
    expect(link.info()).toMatchObject({ id, programId: s.two.info().id });
  });

  it('is detached for all that hold it, and then takes no program', () => {
    using s = stage();
    using link = s.one.attachTcx(s.target('egress'));
    using again = BpfLink.fromId(link.info().id);
    expect(again.info()).toEqual(link.info());
    again.detach();
    expect(s.order()).toEqual([]);
    expect(link.info().ifindex).toBe(0);
    expect(() => link.update(s.two)).toThrow(expect.objectContaining({ code: 'ENOLINK' }));
  });

  it('outlives this process where it is pinned', async () => {
    using s = stage();
    using bpffs = testBpffs();
    const path = `${bpffs.path}/2-egress`;
    const link = s.one.attachTcx(s.target('egress'));
    const info = link.info();
    link.pin(path);
    link[Symbol.dispose]();
    expect(s.order()).toEqual(['answering']);
    {
      using pinned = BpfLink.pinned(path);
      expect(pinned.info()).toEqual(info);
    }
    rmSync(path);
    await vi.waitFor(() => expect(s.order()).toEqual([])); // the kernel takes its time
  });

  it('has ifindex 0 when the interface has gone: it can be detached still, not updated', () => {
    using s = stage();
    using link = s.one.attachTcx(s.target('egress'));
    s.socket.request(deleteLink({ index: s.ifindex }));
    expect(link.info()).toMatchObject({ ifindex: 0, direction: 'egress', programId: s.one.info().id });
    expect(() => link.update(s.two)).toThrow(
      expect.objectContaining({ code: 'ENOLINK', message: 'bpf LINK_UPDATE: the link has been severed' }),
    );
    link.detach();
  });

  it('of another kind is told apart', () => {
    using s = stage();
    using passing = s.object.program('passing');
    const xdp = {
      progFd: passing.fd,
      targetIfindex: s.ifindex,
      attachType: 37,
      flags: 0,
      relativeFd: 0,
      expectedRevision: 0n,
    };
    using link = new BpfLink(new Fd(s.netns.run(() => bpf('LINK_CREATE', tcxLinkAttr, xdp).result)));
    expect(() => link.info()).toThrow(
      expect.objectContaining({
        code: 'NOT_TCX',
        message: expect.stringMatching(/^the link \d+ is not a tcx attachment$/),
        hint: expect.stringMatching(/^bpftool link show id \d+$/),
      }),
    );
  });

  it('that is not there cannot be opened', () => {
    expect(() => BpfLink.fromId(0x7fff_fff0)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

describe('tcxRevisions', () => {
  it('become others with each change of their hook, and of no other', () => {
    using s = stage();
    const hooks = (['ingress', 'egress'] as const).map((direction) => ({ ifindex: s.ifindex, direction }));
    const [none] = tcxRevisions([{ ifindex: 4_000_000, direction: 'egress' }], s.netns);
    const seen: bigint[][] = [tcxRevisions(hooks, s.netns)];
    expect(none).toBe(0n);
    const look = () => seen.push(tcxRevisions(hooks, s.netns));
    using link = s.one.attachTcx(s.target('egress'));
    look();
    using _second = s.two.attachTcx({ ...s.target('egress'), position: 'first' });
    look();
    link.detach();
    look();
    expect(new Set(seen.map(([ingress]) => ingress)).size).toBe(1);
    expect(new Set(seen.map(([, egress]) => egress)).size).toBe(4);
    look();
    expect(seen.at(-1)).toEqual(seen.at(-2));
  });
});
