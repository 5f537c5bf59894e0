import { link, side } from '../healthy-node.ts';
import { type Ailing, but, butProxy, healthy, nothing, withInterface } from './but.ts';

/** What ails a node, its pods and what is attached at them. */
export const ailingNodes: Ailing[] = [
  [
    'an old kernel',
    'kernel',
    but({ kernel: { ...healthy.kernel, release: '5.15.0' } }),
    'error: kernel 5.15.0 is too old: it keeps no delivery time while it forwards',
    'kernel 5.18 or newer',
  ],
  [
    'a kernel without host mode',
    'kernel',
    but({ kernel: { ...healthy.kernel, release: '6.1.0' } }),
    'hint: this kernel loses launch times at the border, so a program has to stand inside each pod',
    '6.11',
  ],
  [
    'a kernel without BTF',
    'btf',
    but({ kernel: { ...healthy.kernel, btf: { seen: false } } }),
    'error: the kernel has no BTF: the programs cannot be loaded',
    'CONFIG_DEBUG_INFO_BTF',
  ],
  [
    'no bpffs',
    'bpffs',
    but({ bpffs: { seen: false }, places: { ...healthy.places, bpffs: '/mnt/bpf' } }),
    'error: no BPF file system is mounted at /mnt/bpf: nothing can be pinned',
    'mount -t bpf bpf /mnt/bpf',
  ],
  ['no libbpf', 'libbpf', but({ libbpf: nothing }), 'error: libbpf cannot be used: not permitted', 'libbpf1'],
  [
    'no privileges',
    'privileges',
    but({ process: { ...healthy.process, capabilities: ['CAP_NET_ADMIN', 'CAP_BPF', 'CAP_PERFMON'] } }),
    "unseen: this process lacks CAP_SYS_ADMIN (entering pods' namespaces",
    'sudo tsnctl doctor',
  ],
  [
    'a seccomp filter against bpf',
    'privileges',
    but({ process: { ...healthy.process, seccomp: 'filter', bpf: nothing } }),
    'error: bpf(2) does not answer: not permitted; a seccomp filter is on, which may forbid it',
    'Unconfined',
  ],
  ['cgroup v1', 'cgroup', but({ cgroup: { seen: 'legacy' } }), 'hint: cgroups are legacy', 'unified_cgroup'],
  [
    'the agent away, uplinks attached',
    'agent',
    but({ agent: { seen: 'silent' } }),
    'error: no agent answers: pods that ask for TSN cannot start',
    'systemctl start tsnctl-agent, or tsnctl agent',
  ],
  [
    'an unguarded pod',
    'ungated',
    withInterface(side(9, 'veth9')),
    'error: veth9 leads to a pod and has no program of ours',
    'tsnctl agent',
  ],
  [
    'nothing attached',
    'ungated',
    butProxy({ uplinks: [], attachments: [] }),
    'hint: nothing restores metadata on this node',
    'tsnctl attach uplink IF',
  ],
  [
    'a virtual machine',
    'sandboxes',
    but({ links: { seen: [link(11, 'tap0', { kind: 'tun' })] } }),
    'hint: tap0 leads to a virtual machine (Kata, KubeVirt)',
    'SR-IOV',
  ],
  [
    'a macvlan beside',
    'sandboxes',
    but({ links: { seen: [link(11, 'mac0', { kind: 'macvlan', link: 2 })] } }),
    'hint: mac0 stands on an uplink itself',
    'trusted',
  ],
  [
    'an ipvlan whose packets are routed, on an old kernel',
    'sandboxes',
    but({
      kernel: { ...healthy.kernel, release: '6.1.0' },
      links: { seen: [link(11, 'ipv0', { kind: 'ipvlan', link: 2, data: { mode: 'l3s' } })] },
    }),
    'warning: ipv0 is an ipvlan in mode l3s: this kernel clears launch times there',
    'ipvlan in mode l2, macvlan, or kernel 6.11 or newer',
  ],
  [
    'netkit without scrubbing',
    'netkit',
    withInterface(side(12, 'nk12', { kind: 'netkit' }), {
      links: { seen: [link(12, 'nk12', { kind: 'netkit', data: { peerScrub: 'none' } })] },
    }),
    "warning: the peer of nk12 was made with scrub none: its pod's priorities reach the node as they are",
    'scrub default',
  ],
  [
    'native XDP on a pod',
    'xdp',
    but({ links: { seen: [link(7, 'veth7', { kind: 'veth', xdp: 'native' })] } }),
    'error: veth7 has a native XDP program: packets lose their socket there',
    '--mode pod',
  ],
  [
    'somebody ahead of ours',
    'foreign',
    but({
      hooks: {
        seen: [
          {
            interface: 'veth7',
            direction: 'ingress',
            programs: [{ name: 'cil_from_cont' }, { name: 'saver', role: 'saver' }],
          },
        ],
      },
    }),
    'error: cil_from_cont comes before ours: what is redirected there passes us by',
    'tsnctl agent',
  ],
  [
    "Cilium's bandwidth manager",
    'cilium',
    but({
      hooks: { seen: [{ interface: 'eth1', direction: 'egress', programs: [{ name: 'cil_to_netdev' }] }] },
    }),
    'warning: Cilium is on eth1, with fq',
    'bandwidthManager.enabled=false',
  ],
  [
    'frames that are not IP',
    'non-ip',
    but({ counters: { seen: new Map([[7, { not_ip: 3n }]]) } }),
    'warning: the pod behind veth7 has sent 3 frames with metadata that are not IP',
    'macvlan',
  ],
  [
    'priorities by TOS',
    'forwarding',
    but({ sysctls: { 'net.ipv4.ip_forward_update_priority': { seen: '1' } } }),
    'warning: a routed IPv4 packet gets priority 0, 2, 4 or 6 by its TOS field',
    'sysctl -w net.ipv4.ip_forward_update_priority=0',
  ],
  [
    'pins of the gone',
    'stale',
    butProxy({ stale: ['/sys/fs/bpf/x'] }),
    'hint: 1 pins of interfaces that are gone',
    'agent',
  ],
  [
    'fq by default',
    'default-qdisc',
    but({ sysctls: { 'net.core.default_qdisc': { seen: 'fq' } } }),
    'warning: each NIC that comes up gets fq',
    'fq_codel',
  ],
  [
    'a kernel without taprio',
    'qdiscs',
    but({ kernel: { ...healthy.kernel, qdiscModules: { seen: { taprio: 'missing', fq: 'loaded' } } } }),
    'warning: this kernel has no taprio; it has fq',
    'modules-extra',
  ],
];
