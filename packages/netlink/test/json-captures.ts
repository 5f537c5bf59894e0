import type { ReplyCapture } from './captures.ts';

// RTM_* in linux/rtnetlink.h
const GETLINK = 18;
const GETADDR = 22;
const GETROUTE = 26;
const GETQDISC = 38;
const GETTCLASS = 42;

const pair = [
  'ip link set lo up',
  'ip link add v0 numtxqueues 4 type veth peer name v1',
  'ip link set v0 up',
  'ip link set v1 up',
  'ip addr add 10.0.0.1/24 dev v0 brd +',
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0 nud permanent',
];
const send = ['for port in 1 2 2; do echo hello > /dev/udp/10.0.0.2/$port; done', 'sleep 0.3'];

/** tbf, htb with classes, clsact and ingress; and what went through them. */
const shaped = [
  ...pair,
  'tc qdisc add dev v0 root handle 1: htb default 0x10 r2q 20',
  'tc class add dev v0 parent 1: classid 1:1 htb rate 100mbit ceil 50gbit',
  'tc class add dev v0 parent 1:1 classid 1:10 htb rate 1mbit burst 15k prio 3 quantum 3000 mpu 64 overhead 24',
  'tc class add dev v0 parent 1:1 classid 1:11 htb rate 40gbit ceil 50gbit linklayer atm',
  'tc qdisc add dev v0 parent 1:10 handle 10: tbf rate 1mbit burst 32kbit latency 400ms',
  'tc qdisc add dev v0 clsact',
  'tc qdisc add dev v1 root handle 2: tbf rate 10gbit burst 1mb limit 10mb peakrate 40gbit mtu 1540',
  'tc qdisc add dev v1 ingress',
  'ip link add v2 type veth peer name v3',
  'tc qdisc add dev v2 root handle 3: htb default 0x1 direct_qlen 77',
  'tc qdisc add dev v3 root handle 4: tbf rate 50gbit burst 2000000 limit 10000000 mpu 64 overhead 24',
  ...send,
];

const addressed = [
  ...pair,
  'ip addr add 10.0.1.1 peer 10.0.1.2/32 dev v0',
  'ip addr add 10.0.2.1/24 dev v0 label v0:x scope link noprefixroute',
  'ip addr add fd00::1/64 dev v0 nodad valid_lft 1000 preferred_lft 500',
  'ip addr add fd00::2/64 dev v0 nodad noprefixroute',
  'ip route add 10.9.0.0/16 via 10.0.0.2 mtu 1400 metric 7 table 100 src 10.0.0.1',
  'ip route add 10.7.0.0/16 via 192.0.2.1 dev v0 onlink table 1000',
  'ip route add blackhole 10.8.0.0/16',
  'ip route add unreachable fd09::/16 metric 9',
  'ip route add prohibit default metric 4294967295',
  'ip route add fd07::/64 via fd00::9 src fd00::1 mtu 1300',
];

const linked = [
  ...pair,
  'ip link add br0 type bridge forward_delay 700 priority 4096',
  'ip link set v1 master br0',
  'ip link add vx0 type vxlan id 42 local 10.0.0.1 remote 10.0.0.2 dstport 4789 dev v0 ttl 9 nolearning',
  'ip link add vx1 type vxlan id 43 local fd00::1 remote fd00::2 dstport 4790',
  'ip link add mv0 link v0 type macvlan mode bridge',
  'ip link add i0 numtxqueues 3 type ifb',
];

/** What this machine's kernel answers to the newer tools, and what these make of it: testdata/<name>.json. */
export const jsonReplies: Readonly<Record<string, ReplyCapture>> = Object.fromEntries(
  Object.entries({
    qdiscs: { command: 'tc -s -d -j qdisc show', asks: GETQDISC, after: shaped },
    classes: { command: 'tc -s -d -j class show dev v0', asks: GETTCLASS, after: shaped },
    addresses: { command: 'ip -d -j addr show', asks: GETADDR, after: addressed },
    routes: { command: 'ip -4 -d -j route show table all', asks: GETROUTE, after: addressed },
    'routes-6': { command: 'ip -6 -d -j route show table all', asks: GETROUTE, after: addressed },
    links: { command: 'ip -d -j link show', asks: GETLINK, after: linked },
  }).map(([name, row]) => [`reply-json-${name}`, { ...row, newer: true }]),
);
