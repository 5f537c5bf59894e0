import { describe, expect, it } from 'vitest';
import { classRequests, formRequests } from '../test/class-requests.ts';
import { ethtoolRequests } from '../test/ethtool-requests.ts';
import { bothWays, golden, goldenNames } from '../test/golden.ts';
import { ipRequests } from '../test/ip-requests.ts';
import { linkRequests } from '../test/link-requests.ts';
import { qdiscRequests } from '../test/qdisc-requests.ts';
import { wireguardRequests } from '../test/wireguard-requests.ts';
import {
  addBpfFilter,
  addLink,
  addQdisc,
  deleteFilter,
  deleteLink,
  deleteQdisc,
  getLink,
  listFilters,
  listLinks,
  listQdiscs,
  type NetlinkRequest,
  setLink,
} from './index.ts';

const LO = 1;
const V0 = 3;
const BR0 = 4;
const bpf = { index: LO, progFd: 7, name: 'tsnctl-golden.o:[tc]', directAction: true } as const;

/** The request that says the same as the command in testdata/<name>.hex. */
const requests: Record<string, NetlinkRequest<unknown>> = {
  ...linkRequests,
  ...qdiscRequests,
  ...wireguardRequests,
  ...ethtoolRequests,
  ...ipRequests,
  ...classRequests,
  ...formRequests,
  'link-list': listLinks(),
  'link-get-name': getLink({ name: 'lo' }),
  'link-add-veth': addLink({
    kind: 'veth',
    name: 'v0',
    mtu: 1400,
    address: '02:00:00:00:00:01',
    numTxQueues: 4,
    numRxQueues: 2,
    peer: { name: 'v1', address: '02:00:00:00:00:02', numTxQueues: 3, netnsFd: 4 },
  }),
  'link-add-bridge': addLink({ kind: 'bridge', name: 'br0' }),
  'link-add-bridge-options': addLink({
    kind: 'bridge',
    name: 'br0',
    up: true,
    vlanFiltering: true,
    stp: false,
    forwardDelay: 0,
  }),
  'link-add-vxlan': addLink({
    kind: 'vxlan',
    name: 'vx0',
    id: 42,
    local: '10.0.0.1',
    remote: '10.0.0.2',
    port: 4789,
    dev: LO,
  }),
  'link-add-vxlan-nolearning': addLink({
    kind: 'vxlan',
    name: 'vx0',
    id: 42,
    local: 'fd00::1',
    port: 4789,
    learning: false,
  }),
  'link-add-dummy': addLink({ kind: 'dummy', name: 'd0' }),
  'link-set-up': setLink({ index: LO, up: true }),
  'link-set-down': setLink({ index: LO, up: false }),
  'link-set-master': setLink({ index: V0, master: BR0 }),
  'link-set-nomaster': setLink({ index: V0, master: 0 }),
  'link-set-netns': setLink({ index: V0, netnsFd: 4 }),
  'link-set-name': setLink({ index: V0, name: 'eth7' }),
  'link-set-mtu-address': setLink({ index: V0, up: true, mtu: 1400, address: '02:00:00:00:00:09' }),
  'link-delete': deleteLink({ index: V0 }),
  'qdisc-list': listQdiscs(),
  'qdisc-list-dev': listQdiscs({ index: LO }),
  'qdisc-add-clsact': addQdisc({ index: LO, kind: 'clsact' }),
  'qdisc-delete-clsact': deleteQdisc({ index: LO, kind: 'clsact' }),
  'qdisc-add-mq': addQdisc({ index: V0, kind: 'mq', handle: 0x10000 }),
  'qdisc-add-pfifo-fast': addQdisc({ index: V0, kind: 'pfifo_fast', parent: 0x10002 }),
  'qdisc-add-noqueue': addQdisc({ index: V0, kind: 'noqueue' }),
  'qdisc-delete-root': deleteQdisc({ index: V0 }),
  'filter-add-bpf': addBpfFilter({ ...bpf, hook: 'ingress', priority: 1 }),
  'filter-replace-bpf': addBpfFilter({ ...bpf, hook: 'egress', priority: 7, handle: 1, replace: true }),
  'filter-list': listFilters({ index: LO, hook: 'egress' }),
  'filter-delete': deleteFilter({ index: LO, hook: 'egress', priority: 7, handle: 1 }),
};

/** Where we say the same in other bytes, on purpose: the tool's bytes, and ours in their place. */
const differences: Record<string, [theirs: string, ours: string, why: string][]> = {
  'link-list': [
    [family('11'), family('00'), 'ip asks for AF_PACKET, which means no family'],
    [
      '08001d0001000000',
      '08001d0008000000',
      'ip asks for the virtual functions, and for counters that it does not show',
    ],
  ],
  'link-get-name': [
    [family('11'), family('00'), 'ip asks for AF_PACKET, which means no family'],
    ['08001d0001000000', '08001d0000000000', 'ip asks for the virtual functions too'],
  ],
};

differences['ethtool-features'] = [
  ['28000000', '20000000', 'the length of the message'],
  ['14000180', '0c000180', 'the length of the header'],
  [
    '763000000800030001000000',
    '76300000',
    'ethtool asks for numbers and looks up their names; we ask for names',
  ],
];

const emptyNest: [string, string, string][] = [
  ['4c000000', '48000000', 'the length of the message'],
  ['1c000200', '18000200', 'the length of the options'],
  ['0101010104000200', '01010101', 'tc adds an empty attribute, left from multi-queue options of Linux 2.6'],
];
differences['qdisc-add-prio'] = emptyNest;
differences['qdisc-add-prio-bands'] = emptyNest;

describe('requests', () => {
  it.each(Object.entries(requests))('%s is what the tool sends', (name, request) => {
    let { theirs, ours } = bothWays(name, request);
    for (const [their, our] of differences[name] ?? []) {
      expect(theirs).toContain(their);
      theirs = theirs.replace(their, our);
    }
    expect(ours).toBe(theirs);
  });

  it('has a request for every golden file, and the other way round', () => {
    const sent = goldenNames().filter((name) => !name.startsWith('reply-'));
    expect(Object.keys(requests).sort()).toEqual(sent.sort());
  });

  it.each(Object.entries(requests))('%s names its equivalent', (name, { equivalent }) => {
    expect(equivalent).toMatchSnapshot();
    const verb = golden(name)
      .command.replace(/ -4| -6/, '')
      .split(' ')
      .slice(0, 2);
    expect(
      equivalent
        .replace(/ -4| -6/, '')
        .split(' ')
        .slice(0, 2),
    ).toEqual(verb);
  });

  const spelt = {
    ...linkRequests,
    ...qdiscRequests,
    ...wireguardRequests,
    ...ethtoolRequests,
    ...ipRequests,
    ...classRequests,
    ...formRequests,
  };
  it.each(Object.entries(spelt).filter(([name]) => !inOtherWords.test(name)))(
    '%s is, word by word, the command',
    (name, { equivalent }) => {
      const ours = equivalent
        .replace(/\bif1\b/g, 'lo')
        .replace(/\bif3\b/g, 'v0')
        .replace('/proc/self/fd/4', '/proc/self/ns/net');
      const theirs = golden(name)
        .command.replace('weights 1 ', 'weights ') // tc 6.15 skips the first weight
        .replace('base-time 0 ', ''); // tc does not send it
      expect(ours).toBe(theirs);
    },
  );

  it('are more than 150 commands', () => {
    expect(Object.keys(requests).length).toBeGreaterThan(150);
  });

  it('asks for acknowledgement of every change, and for answers to every question', () => {
    for (const { flags, replies, type, protocol } of Object.values(requests)) {
      if (protocol !== 0) continue; // the numbers of generic netlink follow no rule
      expect(replies === 0 ? flags & 4 : replies).toBe(replies === 0 ? 4 : type - 2);
    }
  });
});

/** tc(8) takes 0 for what is not said of cbs, and we say all. */
const inOtherWords = /^form-cbs-(hicredit|locredit|sendslope|idleslope|all|replaced|changed)$/;

/** The first byte after the header of 16, as the only one of its four that is not always zero. */
function family(byte: string): string {
  return `00000000${byte}000000`;
}
