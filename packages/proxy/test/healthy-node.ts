import type { Link, Qdisc } from '@tsnctl/netlink';
import { viewChain } from '../src/chain/view-chain.ts';
import type { NodeFacts } from '../src/doctor/node-facts.ts';
import type { Interface, Observed } from '../src/model.ts';

/** An interface as both netlink and the proxy tell of it. */
export function link(ifindex: number, name: string, more: Partial<Link> = {}): Link {
  const base = { up: true, running: true, lowerUp: true, mtu: 1500, numTxQueues: 4, numRxQueues: 4 };
  return { index: ifindex, name, ...base, qdisc: 'noqueue', operstate: 'up', type: 1, ...more };
}

export function side(ifindex: number, name: string, more: Partial<Interface> = {}): Interface {
  return { ifindex, name, kind: 'veth', podSide: true, qdiscs: ['noqueue'], ...more };
}

export const qdisc = (index: number, kind: string, options?: unknown): Qdisc =>
  ({ index, kind, handle: 0x10000, parent: 0xffffffff, options }) as unknown as Qdisc;

/** A node on which all is well: one pod with a policy, one NIC with mqprio and fq below it. */
export function healthyNode(): NodeFacts {
  const proxy: Observed = {
    abilities: { kernel: '6.12.0', tcx: true, hostMode: true },
    interfaces: [
      side(2, 'eth1', { kind: undefined, podSide: false, qdiscs: ['mqprio', 'fq'] }),
      side(7, 'veth7'),
    ],
    tables: true,
    attachments: [
      { ifindex: 2, role: 'restorer', via: 'tcx', first: true },
      { ifindex: 7, role: 'saver', via: 'tcx', first: true },
    ],
    pods: [],
    uplinks: [{ ifindex: 2, clock: 'mono', stacked: false }],
    stale: [],
  };
  const list = JSON.stringify({
    cniVersion: '1.0.0',
    name: 'net',
    plugins: [{ type: 'bridge' }, { type: 'tsnctl' }],
  });
  const file = {
    name: '10-net.conflist',
    bytes: new TextEncoder().encode(list),
    mode: 0o600,
    uid: 0,
    gid: 0,
  };
  return {
    kernel: {
      release: '6.12.0',
      build: '#1 SMP PREEMPT_DYNAMIC',
      btf: { seen: true },
      qdiscModules: {
        seen: { taprio: 'loadable', mqprio: 'loaded', etf: 'loadable', cbs: 'loadable', fq: 'loaded' },
      },
    },
    process: {
      capabilities: ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN', 'CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_PTRACE'],
      seccomp: 'off',
      initialUserNamespace: true,
      bpf: { seen: true },
    },
    libbpf: { seen: '1.5' },
    places: { bpffs: '/sys/fs/bpf', socket: '/run/tsnctl/agent.sock' },
    bpffs: { seen: true },
    cgroup: { seen: 'unified' },
    sysctls: {
      'net.core.default_qdisc': { seen: 'pfifo_fast' },
      'net.ipv4.ip_forward_update_priority': { seen: '0' },
    },
    proxy: { seen: proxy },
    links: { seen: [link(2, 'eth1'), link(7, 'veth7', { kind: 'veth' })] },
    qdiscs: { seen: [qdisc(2, 'mqprio'), qdisc(2, 'fq')] },
    uplinks: { seen: [{ name: 'eth1', why: 'it is attached' }] },
    hooks: {
      seen: [
        { interface: 'veth7', direction: 'ingress', programs: [{ name: 'saver', role: 'saver' }] },
        { interface: 'eth1', direction: 'egress', programs: [{ name: 'restorer', role: 'restorer' }] },
      ],
    },
    counters: { seen: new Map([[7, { saved: 12n, not_ip: 0n }]]) },
    nics: { seen: { eth1: { driver: 'igc', ptpClock: 0, maxTxQueues: 4, interrupts: [] } } },
    time: { seen: { taiOffsetS: 37, synchronised: true, maxErrorUs: 12 } },
    daemons: { seen: [{ name: 'phc2sys', pid: 4, command: 'phc2sys -a -r' }] },
    phcSources: { seen: [] },
    agent: { seen: 'answers' },
    chain: {
      seen: {
        directory: '/etc/cni/net.d',
        view: viewChain({ files: [file], dropIns: {} }, { name: 'containerd', dropIns: false }),
      },
    },
    cpus: { seen: { online: '0-3', isolated: '2-3' } },
  };
}
