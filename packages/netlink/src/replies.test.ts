import { describe, expect, it } from 'vitest';
import { answers } from '../test/golden.ts';
import {
  addRoute,
  formatHandle,
  listAddresses,
  listFilters,
  listQdiscs,
  listRoutes,
  qdiscFacts,
} from './index.ts';

describe('listAddresses', () => {
  it('reads addresses of both families', () => {
    expect(answers('reply-addresses', listAddresses())).toMatchObject([
      { index: 1, family: 4, address: '127.0.0.1/8', label: 'lo', scope: 254 },
      { index: 1, family: 4, address: '10.0.0.1/24', label: 'lo', scope: 0 },
      { index: 1, family: 6, address: 'fd00::1/64', scope: 0 },
      { index: 1, family: 6, address: '::1/128', scope: 254 },
    ]);
  });

  it('accepts only the interface that it was asked for: the kernel answers with all', () => {
    expect(answers('reply-addresses', listAddresses({ index: 9 }))).toEqual([]);
  });
});

describe('listRoutes', () => {
  it('reads destinations, gateways and tables', () => {
    const routes = answers('reply-routes', listRoutes({ family: 4 }));
    expect(routes[0]).toEqual({
      family: 4,
      destination: 'default',
      via: '10.3.0.2',
      index: 3,
      table: 254,
      priority: 7,
      type: 1,
      protocol: 3,
      scope: 0,
      flags: 0,
    });
    expect(routes[1]).toMatchObject({ destination: '10.3.0.0/24', source: '10.3.0.1', index: 3 });
    const six = answers('reply-routes-6', listRoutes({ family: 6 }));
    expect(six.map(({ destination }) => destination)).toEqual(['fd00::/64', '::1/128', 'fd00::1/128']);
  });

  it('refuses a prefix that is none', () => {
    expect(() => addRoute({ family: 4, destination: '10.0.0.0/33' })).toThrow(
      '"10.0.0.0/33" is not an address and a prefix length, such as 10.0.0.1/24',
    );
  });
});

describe('listQdiscs', () => {
  it('reads kinds, places and the options of known kinds', () => {
    const qdiscs = answers('reply-qdiscs', listQdiscs());
    const places = qdiscs.map(
      (it) => `${it.index} ${it.kind} ${formatHandle(it.handle)} ${formatHandle(it.parent)}`,
    );
    expect(places).toEqual([
      '2 htb 8: root',
      '3 mq 1: root',
      '3 pfifo_fast none 1:4',
      '3 pfifo_fast none 1:3',
      '3 pfifo_fast none 1:2',
      '3 pfifo_fast none 1:1',
      '3 clsact ffff: clsact',
    ]);
    expect(qdiscs[0]?.options).toMatchObject({ rateToQuantum: 10, defaultClass: 0, directPackets: 0 });
    expect(qdiscs[2]?.options).toEqual({
      bands: 3,
      priomap: [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
    });
    expect(qdiscs[6]).not.toHaveProperty('options');
    expect(answers('reply-qdiscs', listQdiscs({ index: 2 }))).toHaveLength(1);
  });
});

describe('qdiscFacts', () => {
  it('tells in which clock a launch time is read, and who tells priorities apart', () => {
    const clocks = Object.fromEntries(
      ['etf', 'fq', 'taprio', 'mqprio', 'cbs'].map((kind) => [kind, qdiscFacts(kind).clock]),
    );
    expect(clocks).toEqual({ etf: 'tai', fq: 'mono', taprio: 'none', mqprio: 'none', cbs: 'none' });
    const all = [
      'taprio',
      'mqprio',
      'etf',
      'fq',
      'cbs',
      'mq',
      'prio',
      'htb',
      'fq_codel',
      'pfifo_fast',
      'noqueue',
      'clsact',
    ];
    expect(all.filter((kind) => qdiscFacts(kind).multiClass)).toEqual(['taprio', 'mqprio', 'prio', 'htb']);
    expect(all.filter((kind) => qdiscFacts(kind).timeAware)).toEqual(['taprio', 'etf', 'fq']);
  });

  it('takes a kind that it does not know for an ordinary queue', () => {
    expect(qdiscFacts('cake')).toEqual({ kind: 'cake', multiClass: false, clock: 'none', timeAware: false });
  });
});

describe('listFilters', () => {
  it('reads the programs on a hook', () => {
    const [head, filter] = answers('reply-filters', listFilters({ index: 1, hook: 'egress' }));
    expect(head).toEqual({ index: 1, priority: 7, protocol: 3, handle: 0, kind: 'bpf', chain: 0 });
    expect(filter).toMatchObject({
      handle: 1,
      bpf: {
        name: 'tsnctl-golden.o:[tc]',
        directAction: true,
        tag: Uint8Array.from(Buffer.from('f03f3c893109830e', 'hex')),
      },
    });
    expect(filter?.bpf?.id).toBeGreaterThan(0);
  });
});
