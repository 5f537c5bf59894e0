/** What to watch: a command, in a new network namespace that the commands of `after` have prepared. */
export interface Capture {
  readonly command: string;
  readonly after?: readonly string[];
}

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
const vxlan = 'type vxlan id 42 local 10.0.0.1 remote 10.0.0.2 dstport 4789';

/** Golden file by golden file: the last message that the command sends. */
export const requests: Readonly<Record<string, Capture>> = {
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

  'address-add': { command: 'ip addr add 10.0.0.1/24 dev lo' },
  'address-add-loopback': { command: 'ip addr add 127.0.0.2/8 dev lo' },
  'address-add-nodad': { command: 'ip addr add fd00::1/64 dev lo nodad' },
  'address-list': { command: 'ip addr show dev lo' },
  'address-list-4': { command: 'ip -4 addr show' },

  'route-add-default': { command: 'ip -4 route add default via 10.0.0.2', after: lo },
  'route-add-via': { command: 'ip -4 route add 10.1.0.0/16 via 10.0.0.2 dev lo', after: lo },
  'route-add-dev': { command: 'ip -4 route add 10.2.0.0/16 dev lo', after: lo },
  'route-add-6': { command: 'ip -6 route add fd01::/64 via fd00::2', after: lo },
  'route-add-6-default': { command: 'ip -6 route add default via fe80::1 dev lo', after: lo },
  'route-list': { command: 'ip -4 route show table all' },

  'neighbour-add': {
    command: 'ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent',
    after: [veth],
  },
  'neighbour-add-6': {
    command: 'ip neigh add fd00::9 lladdr 02:00:00:00:00:09 dev v0 nud permanent',
    after: [veth],
  },

  'qdisc-list': { command: 'tc qdisc show' },
  'qdisc-list-dev': { command: 'tc qdisc show dev lo' },
  'qdisc-add-clsact': { command: 'tc qdisc add dev lo clsact' },
  'qdisc-delete-clsact': { command: 'tc qdisc del dev lo clsact' },
  'qdisc-add-mq': { command: 'tc qdisc add dev v0 root handle 1: mq', after: [veth] },
  'qdisc-add-pfifo-fast': { command: 'tc qdisc add dev v0 parent 1:2 pfifo_fast', after: [veth] },
  'qdisc-add-noqueue': { command: 'tc qdisc add dev v0 root noqueue', after: [veth] },
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
