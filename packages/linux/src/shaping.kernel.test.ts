import {
  addClass,
  addQdisc,
  changeClass,
  deleteClass,
  isClass,
  isQdisc,
  listClasses,
  listQdiscs,
  replaceQdisc,
} from '@tsnctl/netlink';
import { requires, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 18] }));

const ROOT = 0x1_0000;
const INNER = 0x1_0001;
const LEAF = 0x1_0010;

it('classes of htb are made, changed, read back and removed', () => {
  using ns = testNamespace();
  const { socket } = ns;
  const index = ns.add({ kind: 'veth', name: 'v0', peer: { name: 'v1' } });
  const leaf = { index, kind: 'htb', parent: INNER, handle: LEAF } as const;
  const optionsOf = (handle: number) =>
    socket
      .request(listClasses({ index }))
      .filter((it) => isClass(it, 'htb'))
      .find((it) => it.handle === handle)?.options;

  socket.request(addQdisc({ index, kind: 'htb', handle: ROOT, options: { defaultClass: 0x10 } }));
  const inner = { rateBps: 12_500_000n, ceilBps: 6_250_000_000n };
  socket.request(addClass({ index, kind: 'htb', parent: ROOT, handle: INNER, options: inner }));
  socket.request(addClass({ ...leaf, options: { rateBps: 125_000n, burstBytes: 15_360, prio: 3 } }));
  expect(optionsOf(INNER)).toMatchObject({ ...inner, level: 7 });
  expect(optionsOf(LEAF)).toMatchObject({
    rateBps: 125_000n,
    ceilBps: 125_000n,
    burstBytes: 15_360,
    prio: 3,
  });

  socket.request(changeClass({ ...leaf, options: { rateBps: 250_000n, quantumBytes: 3000 } }));
  expect(optionsOf(LEAF)).toMatchObject({ rateBps: 250_000n, quantumBytes: 3000 });

  expect(() => socket.request(deleteClass({ index, handle: INNER }))).toThrow(
    expect.objectContaining({ code: 'EBUSY' }),
  );
  socket.request(deleteClass({ index, handle: LEAF }));
  expect(optionsOf(LEAF)).toBeUndefined();
});

it('a qdisc can be put back as it was read', () => {
  using ns = testNamespace();
  const index = ns.add({ kind: 'veth', name: 'v0', peer: { name: 'v1' } });
  const options = {
    rateBps: 6_250_000_000n,
    burstBytes: 2_000_000,
    limitBytes: 10_000_000,
    overheadBytes: 24,
  };
  const read = () => ns.socket.request(listQdiscs({ index })).find((it) => isQdisc(it, 'tbf'));
  ns.socket.request(addQdisc({ index, kind: 'tbf', handle: ROOT, options }));
  const before = read();
  expect(before?.options).toMatchObject(options);
  ns.socket.request(replaceQdisc({ index, kind: 'pfifo', options: { limitPackets: 10 } }));
  expect(read()).toBeUndefined();
  if (before) ns.socket.request(replaceQdisc(before));
  expect(read()).toEqual(before);
});
