import { classRequests, formRequests } from './class-captures.ts';
import { ethtoolReplies, ethtoolRequests } from './ethtool-captures.ts';
import { guestReplies, guestRequests } from './guest-captures.ts';
import { ipRequests } from './ip-captures.ts';
import { jsonReplies } from './json-captures.ts';

/** What to watch: a command, in a new network namespace that the commands of `after` have prepared. */
export interface Capture {
  readonly command: string;
  /** It needs what iproute2 6.1 lacks: captured only from a newer one (capture.ts --newer). */
  readonly newer?: boolean;
  /** It needs what no ordinary machine has: captured in a virtual machine with this kernel (capture-vm.sh). */
  readonly kernel?: Kernel;
  readonly after?: readonly string[];
  /** Of a command that sends several over generic netlink: which, by its number; unless told, the last. */
  readonly genl?: number;
}

/** Of Debian 12 and 13. */
export type Kernel = '6.1' | '6.12';

/** The answers to watch are those to the command's last message of type `asks`; before, it looks up names. */
export interface ReplyCapture extends Capture {
  readonly asks: number;
}

/** The BPF object as the golden files name it; capture.ts compiles it into a directory of its own. */
export const object = '/tmp/tsnctl-golden.o';
export const objectSource =
  '__attribute__((section("tc"),used)) int prog(void *c){return -1;} char l[] __attribute__((section("license")))="GPL";';

const veth = 'ip link add v0 numtxqueues 4 type veth peer name v1';
const lo = ['ip link set lo up', 'ip addr add 10.0.0.1/24 dev lo'];
const bpf = `bpf da object-file ${object} section tc`;
const filter = ['tc qdisc add dev lo clsact', `tc filter add dev lo egress prio 7 ${bpf}`];
const map3 = 'num_tc 3 map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2';
const vxlan = 'type vxlan id 42 local 10.0.0.1 remote 10.0.0.2 dstport 4789';

/** Golden file by golden file: the last message that the command sends. */
export const requests: Readonly<Record<string, Capture>> = {
  ...guestRequests,
  ...ethtoolRequests,
  ...ipRequests,
  ...classRequests,
  ...formRequests,
  'link-list': { command: 'ip link show' },
  'link-get-name': { command: 'ip link show dev lo' },
  'link-add-veth': {
    command:
      'ip link add v0 mtu 1400 address 02:00:00:00:00:01 numtxqueues 4 numrxqueues 2 type veth' +
      ' peer name v1 address 02:00:00:00:00:02 numtxqueues 3 netns /proc/self/ns/net',
  },
  'link-add-bridge': { command: 'ip link add br0 type bridge' },
  'link-add-bridge-options': {
    command: 'ip link add br0 up type bridge vlan_filtering 1 stp_state 0 forward_delay 0',
  },
  'link-add-vxlan': { command: `ip link add vx0 ${vxlan} dev lo` },
  'link-add-vxlan-nolearning': {
    command: 'ip link add vx0 type vxlan id 42 local fd00::1 dstport 4789 nolearning',
  },
  'link-add-dummy': { command: 'ip link add d0 type dummy' },
  'link-add-ifb': { command: 'ip link add ifb7 numtxqueues 4 numrxqueues 2 type ifb' },
  'link-add-vlan': { command: 'ip link add lo.5 link lo type vlan id 5' },
  'link-add-vlan-qos': {
    command:
      'ip link add lo.5 mtu 1400 address 02:00:00:00:00:05 numtxqueues 4 link lo type vlan' +
      ' protocol 802.1ad id 5 reorder_hdr off gvrp on loose_binding on' +
      ' ingress-qos-map 1:2 3:4 egress-qos-map 0:1 6:7',
  },
  'link-add-bond': {
    command:
      'ip link add bond0 type bond mode active-backup miimon 100 updelay 200 downdelay 300' +
      ' primary lo fail_over_mac active',
  },
  'link-add-bond-xor': {
    command: 'ip link add bond0 type bond mode balance-xor xmit_hash_policy layer3+4',
  },
  'link-add-bond-lacp': {
    command: 'ip link add bond0 type bond mode 802.3ad miimon 100 min_links 1 lacp_rate fast',
  },
  'link-add-macvlan': { command: 'ip link add mv0 link lo type macvlan mode bridge' },
  'link-add-macvlan-passthru': {
    command: 'ip link add mv0 link lo type macvlan mode passthru nopromisc',
  },
  'link-add-ipvlan': { command: 'ip link add iv0 link lo type ipvlan' },
  'link-add-ipvlan-l3s': { command: 'ip link add iv0 link lo type ipvlan mode l3s private' },
  'link-add-geneve': { command: 'ip link add gn0 type geneve id 42 remote 10.0.0.2' },
  'link-add-geneve-6': {
    command: 'ip link add gn0 type geneve id 42 remote fd00::2 ttl 64 tos 4 dstport 6082',
  },
  'link-add-geneve-external': { command: 'ip link add gn0 type geneve external' },
  'link-add-ipip': {
    command: 'ip link add t0 type ipip local 10.0.0.1 remote 10.0.0.2 ttl 64 dev lo',
  },
  'link-add-ipip-nopmtudisc': { command: 'ip link add t0 type ipip remote 10.0.0.2 tos 4 nopmtudisc' },
  'link-add-ipip-external': { command: 'ip link add t0 type ipip external' },
  'link-add-gre': { command: 'ip link add t0 type gre local 10.0.0.1 remote 10.0.0.2' },
  'link-add-gre-external': { command: 'ip link add t0 type gre external' },
  'link-add-gretap': {
    command: 'ip link add t0 type gretap local 10.0.0.1 remote 10.0.0.2 ttl 64 key 7 dev lo',
  },
  'link-add-wireguard': { command: 'ip link add wg0 type wireguard' },
  'link-add-netkit': { command: 'ip link add nk0 type netkit', newer: true },
  'link-add-netkit-peer': {
    command:
      'ip link add nk0 numtxqueues 4 type netkit mode l2 blackhole scrub none' +
      ' peer forward scrub default name nk1 address 02:00:00:00:00:02 netns /proc/self/ns/net',
    newer: true,
  },
  'link-set-bond-active': { command: 'ip link set dev lo type bond active_slave lo' },
  'link-set-vlan-qos': { command: 'ip link set dev lo type vlan egress-qos-map 0:3' },
  'link-set-up': { command: 'ip link set lo up' },
  'link-set-down': { command: 'ip link set lo down' },
  'link-set-master': {
    command: 'ip link set v0 master br0',
    after: [veth, 'ip link add br0 type bridge'],
  },
  'link-set-nomaster': { command: 'ip link set v0 nomaster', after: [veth] },
  'link-set-netns': { command: 'ip link set v0 netns /proc/self/ns/net', after: [veth] },
  'link-set-name': { command: 'ip link set v0 name eth7', after: [veth] },
  'link-set-mtu-address': {
    command: 'ip link set v0 up mtu 1400 address 02:00:00:00:00:09',
    after: [veth],
  },
  'link-delete': { command: 'ip link del v0', after: [veth] },

  'qdisc-list': { command: 'tc qdisc show' },
  'qdisc-list-dev': { command: 'tc qdisc show dev lo' },
  'qdisc-add-clsact': { command: 'tc qdisc add dev lo clsact' },
  'qdisc-delete-clsact': { command: 'tc qdisc del dev lo clsact' },
  'qdisc-add-mq': { command: 'tc qdisc add dev v0 root handle 1: mq', after: [veth] },
  'qdisc-add-pfifo-fast': { command: 'tc qdisc add dev v0 parent 1:2 pfifo_fast', after: [veth] },
  'qdisc-add-noqueue': { command: 'tc qdisc add dev v0 root noqueue', after: [veth] },
  'qdisc-add-ingress': { command: 'tc qdisc add dev lo ingress' },
  'qdisc-add-mqprio': {
    command: `tc qdisc add dev lo root handle 1: mqprio ${map3} hw 0`,
  },
  'qdisc-replace-mqprio-rates': {
    command:
      `tc qdisc replace dev lo root handle 1: mqprio ${map3} hw 1 mode channel shaper bw_rlimit` +
      ' min_rate 125000000bps 250000000bps max_rate 500000000bps 625000000bps 7bps',
  },
  'qdisc-add-mqprio-preemption': {
    command: `tc qdisc add dev lo root handle 1: mqprio ${map3} hw 1 mode channel fp P E E`,
    newer: true,
  },
  'qdisc-change-mqprio': { command: `tc qdisc change dev lo root handle 1: mqprio ${map3} hw 0` },
  'qdisc-add-taprio': {
    command: `tc qdisc add dev lo root handle 100: taprio ${map3} sched-entry S 07 300000 clockid CLOCK_TAI`,
  },
  'qdisc-replace-taprio-assist': {
    command:
      `tc qdisc replace dev lo root handle 100: taprio ${map3} base-time 1528743495910289987` +
      ' cycle-time 1000000 cycle-time-extension 100000 sched-entry S 01 300000 sched-entry S 02 300000' +
      ' sched-entry S 04 400000 clockid CLOCK_TAI flags 0x1 txtime-delay 200000',
  },
  'qdisc-replace-taprio-classes': {
    command:
      `tc qdisc replace dev lo root handle 100: taprio ${map3} base-time 1000 sched-entry H 01 300000` +
      ' sched-entry R 06 300000 flags 0x2 max-sdu 0 300 1500 fp P E E',
    newer: true,
  },
  'qdisc-add-etf': { command: 'tc qdisc add dev lo parent 100:1 etf clockid CLOCK_TAI delta 200000' },
  'qdisc-replace-etf-flags': {
    command:
      'tc qdisc replace dev lo parent 100:1 etf clockid CLOCK_MONOTONIC delta 0 offload deadline_mode skip_sock_check',
  },
  'qdisc-add-cbs': {
    command:
      'tc qdisc add dev lo parent 100:1 cbs idleslope 98688 sendslope -901312 hicredit 153 locredit -1389 offload 0',
  },
  'qdisc-add-fq': { command: 'tc qdisc add dev lo root fq' },
  'qdisc-replace-fq-options': {
    command:
      'tc qdisc replace dev lo root fq limit 1000 flow_limit 50 buckets 1024 orphan_mask 1023 quantum 3028' +
      ' initial_quantum 15140 low_rate_threshold 68750bps maxrate 125000000bps refill_delay 40000us' +
      ' ce_threshold 4000us timer_slack 10000ns horizon 10000000us horizon_cap nopacing',
  },
  'qdisc-change-fq': { command: 'tc qdisc change dev lo root fq horizon_drop pacing' },
  // tc 6.15 skips the first weight; that was mended in 6.16
  'qdisc-add-fq-bands': {
    command:
      'tc qdisc add dev lo root fq offload_horizon 10000us bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1' +
      ' weights 1 589824 196608 65536',
    newer: true,
  },
  'qdisc-add-fq-codel': { command: 'tc qdisc add dev lo root fq_codel' },
  'qdisc-add-fq-codel-options': {
    command:
      'tc qdisc add dev lo root fq_codel limit 1000 flows 512 target 5000us interval 100000us quantum 1514' +
      ' noecn ce_threshold 1000us ce_threshold_selector 0x1/0x3 memory_limit 33554432 drop_batch 64',
  },
  'qdisc-add-pfifo': { command: 'tc qdisc add dev lo root pfifo' },
  'qdisc-add-pfifo-limit': { command: 'tc qdisc add dev lo root pfifo limit 100' },
  'qdisc-add-bfifo': { command: 'tc qdisc add dev lo root bfifo limit 10000' },
  'qdisc-add-prio': { command: 'tc qdisc add dev lo root prio' },
  'qdisc-add-prio-bands': {
    command: 'tc qdisc add dev lo root handle 1: prio bands 4 priomap 3 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1',
  },
  'qdisc-delete-root': { command: 'tc qdisc del dev v0 root', after: [veth] },

  'filter-add-bpf': { command: `tc filter add dev lo ingress prio 1 ${bpf}`, after: filter },
  'filter-replace-bpf': {
    command: `tc filter replace dev lo egress prio 7 handle 1 ${bpf}`,
    after: filter,
  },
  'filter-list': { command: 'tc filter show dev lo egress', after: filter },
  'filter-delete': {
    command: 'tc filter del dev lo egress prio 7 protocol all handle 1 bpf',
    after: filter,
  },
};

// RTM_* in linux/rtnetlink.h
const NEWLINK = 16;
const GETLINK = 18;
const GETADDR = 22;
const GETROUTE = 26;
const GETQDISC = 38;
const GETTFILTER = 46;

/** Golden file by golden file: all datagrams that answer the command. */
export const replies: Readonly<Record<string, ReplyCapture>> = {
  ...guestReplies('6.1'),
  ...guestReplies('6.12'),
  ...ethtoolReplies,
  ...jsonReplies,
  'reply-links': {
    command: 'ip link show',
    asks: GETLINK,
    after: [
      'ip link set lo up',
      `unshare -n sleep 9 & sleep 0.3; ${veth} netns $!`,
      'ip link add br0 type bridge',
      'ip link set v0 up master br0',
      `ip link add vx0 ${vxlan} dev v0`,
    ],
  },
  'reply-addresses': {
    command: 'ip addr show dev lo',
    asks: GETADDR,
    after: [...lo, 'ip addr add fd00::1/64 dev lo nodad'],
  },
  'reply-routes': {
    command: 'ip -4 route show table all',
    asks: GETROUTE,
    after: [
      ...lo,
      veth,
      'ip link set v0 up',
      'ip link set v1 up',
      'ip addr add 10.3.0.1/24 dev v0',
      'ip route add default via 10.3.0.2 metric 7',
    ],
  },
  'reply-routes-6': {
    command: 'ip -6 route show table all',
    asks: GETROUTE,
    after: [...lo, 'ip addr add fd00::1/64 dev lo nodad'],
  },
  'reply-qdiscs': {
    command: 'tc qdisc show',
    asks: GETQDISC,
    after: [
      veth,
      'tc qdisc add dev v0 root handle 1: mq',
      'ip link set v0 up',
      'tc qdisc add dev v0 clsact',
      'tc qdisc add dev v1 root handle 8: htb',
    ],
  },
  'reply-filters': { command: 'tc filter show dev lo egress', asks: GETTFILTER, after: filter },
  'reply-error-kind': { command: 'ip link add d0 type dummy', asks: NEWLINK },
  'reply-error-mtu': { command: 'ip link add vx0 mtu 60 type vxlan id 42 dstport 4789', asks: NEWLINK },
  'reply-error-policy': { command: 'ip link set v0 gso_max_size 5', asks: NEWLINK, after: [veth] },
  'reply-ack': { command: 'ip link set lo up', asks: NEWLINK },
};
