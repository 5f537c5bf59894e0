import type { Capture, Kernel, ReplyCapture } from './captures.ts';

// RTM_* in linux/rtnetlink.h, GENL_ID_CTRL in linux/genetlink.h
const GETLINK = 18;
const GETQDISC = 38;
const GETTCLASS = 42;
const GETTFILTER = 46;
const GENL_ID_CTRL = 16;

/**
 * What the kernel of one Debian answers to its own tools, and their JSON beside it: `reply-6.12-<name>.hex` and
 * `.json`. For kinds that the kernel of an ordinary machine may lack.
 */
export function guestReplies(kernel: Kernel): Record<string, ReplyCapture> {
  const isNew = kernel === '6.12';
  const by = { kernel, newer: isNew };
  const qdiscs = { ...by, command: 'tc -s -d -j qdisc show', asks: GETQDISC };
  const json = isNew ? ' -j' : ''; // tc 6.1 has no JSON of classes
  const classes = { ...by, command: `tc -s -d${json} class show dev v0`, asks: GETTCLASS };
  const taprio = [...pair, ...taprioOf(isNew), ...send];
  const mqprio = [...pair, ...mqprioWithChildren, ...send];
  const mq = [...pair, 'tc qdisc add dev v0 root handle 1: mq', ...send];
  const all: Record<string, ReplyCapture> = {
    taprio: { ...qdiscs, after: taprio },
    'taprio-classes': { ...classes, after: taprio },
    mqprio: { ...qdiscs, after: mqprio },
    'mqprio-classes': { ...classes, after: mqprio },
    mq: { ...qdiscs, after: mq },
    'mq-classes': { ...classes, after: mq },
    options: { ...qdiscs, after: optionsOf(isNew) },
    filters: {
      ...by,
      command: 'tc -s -d -j filter show dev v0 parent 1:',
      asks: GETTFILTER,
      after: [...pair, ...sorted, ...send],
    },
    links: { ...by, command: 'ip -d -j link show', asks: GETLINK, after: linksOf(isNew) },
    family: { ...by, command: 'genl ctrl get name wireguard', asks: GENL_ID_CTRL, after: wireguard },
  };
  return Object.fromEntries(Object.entries(all).map(([name, row]) => [`reply-${kernel}-${name}`, row]));
}

const wireguard = ['ip link add wg0 type wireguard'];
const keys = {
  private: 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
  peer: 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
  other: 'TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=',
  shared: '/UwcSPg38hW/D9Y3tcS1FOV0K1wuURMbS0sesJEP5ak=',
};
const byNewer = { kernel: '6.12', newer: true, after: wireguard } as const;

/** wg asks the kernel for its family first; without WireGuard it asks no more. */
export const guestRequests: Readonly<Record<string, Capture>> = {
  'wireguard-family': { ...byNewer, command: 'genl ctrl get name wireguard' },
  'wireguard-set': {
    ...byNewer,
    after: [...wireguard, `echo ${keys.private} > private`, `echo ${keys.shared} > shared`],
    command:
      `wg set wg0 listen-port 51820 private-key private peer ${keys.peer} preshared-key shared` +
      ' endpoint 10.0.0.2:51821 persistent-keepalive 25 allowed-ips 10.1.0.0/16,fd01::/64',
  },
  'wireguard-set-peers': {
    ...byNewer,
    command: `wg set wg0 fwmark 7 peer ${keys.peer} endpoint [fd00::2]:51821 allowed-ips 0.0.0.0/0 peer ${keys.other} remove`,
  },
};

/** Four TX queues. What goes to 10.0.0.2 leaves by v0, with its port as its priority; then six packets. */
const pair = [
  'ip link add v0 numtxqueues 4 type veth peer name v1',
  'ip link set v0 up',
  'ip link set v1 up',
  'ip addr add 10.0.0.1/24 dev v0',
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0 nud permanent',
  'tc qdisc add dev v0 clsact',
  ...[1, 2].map((port) => {
    const match = `u32 match ip dport ${port} 0xffff`;
    return `tc filter add dev v0 egress protocol ip ${match} action skbedit priority ${port}`;
  }),
];
const send = ['for port in 1 2 2 3 3 3; do echo hello > /dev/udp/10.0.0.2/$port; done', 'sleep 0.5'];

const classes3 = 'num_tc 3 map 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2';

/** A schedule in force, and one that comes in the year 2100. */
function taprioOf(isNew: boolean): string[] {
  const entries = 'sched-entry S 01 300000 sched-entry S 07 700000';
  const taprio = `tc qdisc replace dev v0 root handle 100: taprio ${classes3}`;
  const assist = 'clockid CLOCK_TAI flags 0x1 txtime-delay 200000';
  return [
    `${taprio} base-time 1000 ${entries} ${assist}${isNew ? ' max-sdu 0 300' : ''}`,
    'tc qdisc replace dev v0 parent 100:1 etf clockid CLOCK_TAI delta 200000 skip_sock_check',
    'tc qdisc replace dev v0 parent 100:2 pfifo limit 50',
    'sleep 0.2',
    `${taprio} base-time 4102444800000000000 cycle-time 2000000 cycle-time-extension 1000 ${entries} ${assist}`,
  ];
}

const mqprioWithChildren = [
  `tc qdisc add dev v0 root handle 1: mqprio ${classes3} hw 0`,
  'tc qdisc add dev v0 parent 1:1 etf clockid CLOCK_TAI delta 100000 deadline_mode skip_sock_check',
  'tc qdisc add dev v0 parent 1:2 fq',
  'tc qdisc add dev v0 parent 1:3 cbs idleslope 98688 sendslope -901312 hicredit 153 locredit -1389 offload 0',
  'tc qdisc add dev v0 parent 1:4 fq_codel',
];

/** All packets to a class. */
const sorted = [
  'tc qdisc add dev v0 root handle 1: htb',
  'tc class add dev v0 parent 1: classid 1:2 htb rate 100mbit',
  'tc filter add dev v0 parent 1: prio 5 protocol all matchall classid 1:2',
  'tc filter add dev v0 parent 1: prio 7 protocol all matchall classid 1:2 action drop',
];

/** A device for each. */
function optionsOf(isNew: boolean): string[] {
  const all = [
    'fq limit 1000 flow_limit 50 buckets 512 orphan_mask 255 quantum 3000 initial_quantum 15000 maxrate 1Gbit' +
      ' refill_delay 30ms low_rate_threshold 1Mbit ce_threshold 4ms timer_slack 20us horizon 5s horizon_cap',
    'fq nopacing',
    'fq_codel limit 1000 flows 512 target 4ms interval 90ms quantum 1500 noecn ce_threshold 1ms memory_limit 16Mb' +
      ' drop_batch 32',
    'prio bands 4 priomap 3 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1',
    'pfifo limit 100',
    'bfifo limit 10000',
    'pfifo_fast',
    'cbs idleslope 98688 sendslope -901312 hicredit 153 locredit -1389 offload 0',
    'etf clockid CLOCK_TAI delta 300000 skip_sock_check',
    ...(isNew ? ['fq bands 3 priomap 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 weights 1 600000 200000 70000'] : []),
  ];
  return all.flatMap((options, i) => [
    `ip link add d${i} numtxqueues 2 type dummy`,
    `ip link set d${i} up`,
    `tc qdisc replace dev d${i} root handle ${i + 1}: ${options}`,
  ]);
}

function linksOf(isNew: boolean): string[] {
  return [
    'ip link add d0 numtxqueues 4 numrxqueues 2 type dummy',
    'ip link add d1 type dummy',
    'ip link add link d0 name d0.5 type vlan id 5 ingress-qos-map 1:2 3:4 egress-qos-map 0:1 6:7',
    'ip link add link d0 name d0.6 type vlan protocol 802.1ad id 6 reorder_hdr off gvrp on',
    'ip link add bond0 type bond mode active-backup miimon 100 updelay 200 downdelay 300 fail_over_mac active',
    'ip link set d1 master bond0',
    'ip link set bond0 up',
    'ip link add bond1 type bond mode balance-xor xmit_hash_policy layer3+4',
    'ip link add bond2 type bond mode 802.3ad min_links 1 lacp_rate fast',
    'ip link add mv0 link d0 type macvlan mode bridge',
    'ip link add d2 type dummy',
    'ip link add iv0 link d2 type ipvlan mode l3s private',
    'ip link add gn0 type geneve id 42 remote 10.0.0.2 ttl 64 tos 4 dstport 6082',
    'ip link add gn1 type geneve id 43 remote fd00::2',
    'ip link add gn2 type geneve external dstport 6083',
    'ip link add t0 type ipip local 10.0.0.1 remote 10.0.0.2 ttl 64 dev d0',
    'ip link add t1 type gre local 10.0.0.1 remote 10.0.0.3 key 7',
    'ip link add t2 type gretap local 10.0.0.1 remote 10.0.0.4 ttl 32',
    ...wireguard,
    'ip link add i0 numtxqueues 3 type ifb',
    ...(isNew ? ['ip link add nkA type netkit mode l2 blackhole peer forward name nkB'] : []),
  ];
}
