import { describe, expect, it } from 'vitest';
import { answers } from '../test/golden.ts';
import { addressJson, ipJson, routeJson } from '../test/ip-json.ts';
import { htbClassJson, tcJson } from '../test/tc-json.ts';
import { toolJson } from '../test/tool-json.ts';
import { type ToolMistake, toolMistakes } from '../test/tool-mistakes.ts';
import {
  formatHandle,
  isClass,
  isQdisc,
  listAddresses,
  listClasses,
  listFilters,
  listLinks,
  listQdiscs,
  listRoutes,
} from './index.ts';

type Json = Record<string, unknown>;

const addresses = toolJson('reply-json-addresses') as unknown as {
  ifindex: number;
  ifname: string;
  addr_info: Json[];
}[];
const nameOf = (index: number) => addresses.find(({ ifindex }) => ifindex === index)?.ifname;

describe("what the kernel answers is, field by field, the tool's JSON", () => {
  it('qdiscs: tbf, htb, clsact, ingress', () => {
    const qdiscs = answers('reply-json-qdiscs', listQdiscs());
    const theirs = toolJson('reply-json-qdiscs').map(({ refcnt: _, dev: __, options, ...json }) => {
      // a version of ours is none of the kernel's; bursts are texts
      const { ver: _ver, burst: _burst, mtu: _mtu, ...rest } = options as Json;
      return { ...json, options: rest };
    });
    expect(qdiscs.map(tcJson)).toEqual(theirs);
    expect(new Set(qdiscs.map(({ kind }) => kind))).toEqual(
      new Set(['noqueue', 'tbf', 'ingress', 'htb', 'clsact']),
    );
  });

  it('the bursts of tbf, which tc writes as texts', () => {
    const bursts = answers('reply-json-qdiscs', listQdiscs())
      .filter((qdisc) => isQdisc(qdisc, 'tbf'))
      .map(({ options }) => [options?.burstBytes, options?.mtuBytes]);
    expect(bursts).toEqual([
      [1_048_560, 1280],
      [4096, undefined],
      [2_000_000, undefined],
    ]);
  });

  it('classes of htb', () => {
    const classes = answers('reply-json-classes', listClasses({ index: 3 })).filter((it) =>
      isClass(it, 'htb'),
    );
    const ours = classes.map((it) => ({
      class: 'htb',
      handle: formatHandle(it.handle),
      ...(it.parent === 0xffff_ffff ? { root: true } : { parent: formatHandle(it.parent) }),
      ...(it.leaf ? { leaf: `0x${(it.leaf >>> 16).toString(16)}` } : {}),
      ...htbClassJson(it),
    }));
    expect(ours).toEqual(toolJson('reply-json-classes').filter((it) => it.class === 'htb'));
    expect(ours).toHaveLength(3);
  });

  it('links: veth, bridge, vxlan, macvlan, ifb', () => {
    const links = answers('reply-json-links', listLinks());
    const linkName = (index: unknown) => links.find((link) => link.index === index)?.name;
    const ours = links.map((link) => {
      const { link: lower, ...own } = ipJson(link) ?? {};
      return {
        ifindex: link.index,
        ifname: link.name,
        kind: link.kind,
        port: link.portKind,
        up: link.up,
        mtu: link.mtu,
        qdisc: link.qdisc,
        operstate: link.operstate.toUpperCase(),
        master: linkName(link.master),
        address: link.address,
        tx: link.numTxQueues,
        rx: link.numRxQueues,
        data: { ...own, ...(lower !== undefined && { link: linkName(lower) }) },
      };
    });
    const theirs = toolJson('reply-json-links').map((row) => {
      const { info_kind, info_slave_kind, info_data = {} } = (row.linkinfo ?? {}) as Record<string, Json>;
      return {
        ifindex: row.ifindex,
        ifname: row.ifname,
        kind: info_kind,
        port: info_slave_kind,
        up: (row.flags as string[]).includes('UP'),
        mtu: row.mtu,
        qdisc: row.qdisc,
        operstate: row.operstate,
        master: row.master,
        address: row.address,
        tx: row.num_tx_queues,
        rx: row.num_rx_queues,
        data: info_data,
      };
    });
    expect(ours).toEqual(theirs);
    expect(links.find(({ name }) => name === 'v1')?.infoUnknown?.map(({ type }) => type)).toEqual([5]); // IFLA_INFO_SLAVE_DATA
  });

  it('addresses', () => {
    const ours = answers('reply-json-addresses', listAddresses());
    for (const { ifindex, addr_info } of addresses) {
      expect(ours.filter(({ index }) => index === ifindex).map(addressJson)).toEqual(addr_info);
    }
    expect(ours.length).toBeGreaterThan(8);
  });

  it.each([
    ['reply-json-routes', 4],
    ['reply-json-routes-6', 6],
  ] as const)('routes: %s', (name, family) => {
    const ours = answers(name, listRoutes({ family })).map((route) => routeJson(route, nameOf));
    expect(ours).toEqual(toolJson(name));
    expect(ours.length).toBeGreaterThan(8);
  });

  it.each(['6.1', '6.12'])('matchall on Linux %s', (kernel) => {
    const filters = answers(`reply-${kernel}-filters`, listFilters({ index: 3, hook: 0x1_0000 }));
    const ours = filters.map(({ priority, kind, chain, handle, matchall = {} }) => ({
      protocol: 'all',
      pref: priority,
      kind,
      chain,
      ...(handle && {
        options: {
          handle,
          flowid: formatHandle(matchall.classid ?? 0),
          not_in_hw: !matchall.inHw,
          rule_hit: Number(matchall.hits),
        },
      }),
    }));
    const theirs = toolJson(`reply-${kernel}-filters`).map(({ options, ...json }) => {
      const { actions: _, ...own } = (options ?? {}) as Json; // kept as they came
      return options ? { ...json, options: own } : json;
    });
    expect(ours).toEqual(theirs);
    expect(filters.at(-1)?.matchall?.unknown?.length).toBeGreaterThan(0); // its actions
  });
});

describe("where the tool's own JSON is wrong", () => {
  const decoders = {
    qdisc: (name: string) => answers(name, listQdiscs()),
    link: (name: string) => answers(name, listLinks()),
  };

  it.each(toolMistakes.map((row) => [row.where, row] as const))('%s', (_, row: ToolMistake) => {
    expect(toolJson.text(row.reply)).toMatch(row.says);
    const values = decoders[row.what](row.reply).map((it) => row.truth(it as never));
    expect(values).toContainEqual(row.is);
  });
});
