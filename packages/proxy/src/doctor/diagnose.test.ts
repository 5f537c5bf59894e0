import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { healthyNode, link, qdisc, side } from '../../test/healthy-node.ts';
import type { Interface, Observed } from '../model.ts';
import { checks } from './checks.ts';
import { diagnose, isIll } from './diagnose.ts';
import type { Fact } from './fact.ts';
import type { NodeFacts } from './node-facts.ts';

const healthy = healthyNode();
const proxy = (healthy.proxy as { seen: Observed }).seen;

/** The healthy node, but for this. */
function but(patch: Partial<NodeFacts>): NodeFacts {
  return { ...healthy, ...patch };
}

function butProxy(patch: Partial<Observed>): NodeFacts {
  return but({ proxy: { seen: { ...proxy, ...patch } } });
}

function withInterface(extra: Interface, patch: Partial<NodeFacts> = {}): NodeFacts {
  return but({ proxy: { seen: { ...proxy, interfaces: [...proxy.interfaces, extra] } }, ...patch });
}

const nothing: Fact<never> = { unseen: 'not permitted' };

describe('a healthy node', () => {
  it('has nothing but ok', () => {
    const findings = diagnose(healthy);
    expect(findings.filter(({ severity }) => severity !== 'ok')).toEqual([]);
    expect(isIll(findings)).toBe(false);
  });
});

/** Priorities 5 and 6 in a class of their own. */
const classes = {
  numTc: 2,
  map: [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  queues: [
    { count: 2, offset: 0 },
    { count: 2, offset: 2 },
  ],
};

type Case = [name: string, check: string, facts: NodeFacts, line: string, mend?: string];

const cases: Case[] = [
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
    'fq without a restorer, pods with a policy',
    'restorers',
    but({
      proxy: {
        seen: {
          ...proxy,
          interfaces: [
            ...proxy.interfaces,
            side(3, 'eth2', { kind: undefined, podSide: false, qdiscs: ['fq'] }),
          ],
          pods: [{ ifindex: 7 } as Observed['pods'][number]],
        },
      },
    }),
    'error: eth2 has fq and no restorer: it drops what pods with a policy send there',
    'tsnctl attach uplink eth2',
  ],
  [
    'another way out',
    'restorers',
    withInterface(side(3, 'eth2', { kind: undefined, podSide: false }), {
      uplinks: { seen: [{ name: 'eth2', why: 'it has a default route' }] },
    }),
    'warning: packets can leave by eth2 (it has a default route), and nothing restores them there',
    'tsnctl attach uplink eth2',
  ],
  [
    'a restorer that is gone',
    'restorers',
    butProxy({ attachments: proxy.attachments.filter(({ role }) => role !== 'restorer') }),
    'error: eth1 is an uplink, and its restorer is gone',
    'tsnctl agent',
  ],
  [
    'a restorer in the wrong clock',
    'restorers',
    butProxy({ uplinks: [{ ifindex: 2, clock: 'tai', stacked: false }] }),
    'error: eth1 has fq, which wants launch times in mono, and its restorer gives tai',
    '--clock mono',
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
  [
    'one queue',
    'queues',
    but({
      links: { seen: [link(2, 'eth1', { numTxQueues: 1 })] },
      qdiscs: { seen: [qdisc(2, 'fq')] },
      nics: { seen: { eth1: { maxTxQueues: 4, interrupts: [] } } },
    }),
    'hint: eth1 has 1 TX queue',
    'ethtool -L eth1 combined 4',
  ],
  [
    'classes whose queues were taken away',
    'queues',
    but({
      qdiscs: { seen: [qdisc(2, 'taprio', classes)] },
      nics: { seen: { eth1: { txQueues: 2, maxTxQueues: 4, interrupts: [] } } },
    }),
    'error: eth1 has 2 TX queues in use, and taprio has given others to class 1 (2@2)',
    'ethtool -L eth1 combined N',
  ],
  [
    'a granted priority in the class of all others',
    'queues',
    but({
      proxy: {
        seen: {
          ...proxy,
          pods: [{ ifindex: 7, policy: { allow: [3, 5, 6], remap: {}, horizonNs: 0n } }],
        },
      },
      qdiscs: { seen: [qdisc(2, 'mqprio', classes)] },
    }),
    'hint: pods may send priority 3, and mqprio of eth1 has these in the class of priority 0',
    'docs/schedule.md',
  ],
  [
    'a queue for each class',
    'queues',
    but({ qdiscs: { seen: [qdisc(2, 'taprio', classes)] } }),
    'ok: eth1 has taprio with 4 queues for 2 classes',
  ],
  [
    'a bond whose member does not restore',
    'bond',
    but({
      links: { seen: [link(2, 'eth1', { kind: 'bond' }), link(4, 'eth4', { master: 2 })] },
    }),
    'error: eth4 sends for eth1 and restores nothing',
    'tsnctl attach uplink eth4',
  ],
  [
    'a NIC without a clock',
    'nic',
    but({ nics: { seen: { eth1: { driver: 'virtio_net', maxTxQueues: 1, interrupts: [] } } } }),
    'hint: eth1 (virtio_net): no hardware clock; no TSN offload is known of this driver',
    'i225',
  ],
  [
    'qdiscs in hardware, switched off',
    'offloads',
    but({
      qdiscs: { seen: [qdisc(2, 'taprio')] },
      nics: { seen: { eth1: { driver: 'igc', tcOffload: false, maxTxQueues: 4, interrupts: [] } } },
    }),
    'hint: eth1 (igc) could keep taprio in hardware, and hw-tc-offload is off',
    'ethtool -K eth1 hw-tc-offload on',
  ],
  [
    'qdiscs in hardware, switched on',
    'offloads',
    but({
      qdiscs: { seen: [qdisc(2, 'etf')] },
      nics: { seen: { eth1: { driver: 'igc', tcOffload: true, maxTxQueues: 4, interrupts: [] } } },
    }),
    'ok: eth1 (igc): hw-tc-offload is on',
  ],
  [
    'a clock that nobody keeps, with taprio',
    'clocks',
    but({
      qdiscs: { seen: [qdisc(2, 'taprio')] },
      time: { seen: { taiOffsetS: 37, synchronised: false, maxErrorUs: 16_000_000 } },
      daemons: { seen: [] },
    }),
    "warning: the system's clock is not synchronised; nobody that is known keeps it",
    'ptp4l',
  ],
  [
    'no TAI offset',
    'clocks',
    but({ time: { seen: { taiOffsetS: 0, synchronised: true, maxErrorUs: 1 } } }),
    'hint: CLOCK_TAI is 0 s ahead of UTC, not 37',
    'phc2sys',
  ],
  [
    'a hardware clock that nothing ties, with etf',
    'clocks',
    but({
      qdiscs: { seen: [qdisc(2, 'etf')] },
      daemons: { seen: [{ name: 'chronyd', pid: 1, command: '' }] },
    }),
    "warning: eth1 has a hardware clock, and neither phc2sys nor chrony ties it to the system's clock",
    'phc2sys -s IF',
  ],
  [
    'a hardware clock that chrony has, with another NIC',
    'clocks',
    but({
      qdiscs: { seen: [qdisc(2, 'etf')] },
      daemons: { seen: [{ name: 'chronyd', pid: 1, command: '' }] },
      phcSources: { seen: [{ device: '/dev/ptp3', refid: 'PHC0', file: '/etc/chrony.conf', state: '*' }] },
    }),
    "warning: eth1 has a hardware clock, and neither phc2sys nor chrony ties it to the system's clock",
    'refclock PHC /dev/ptpN tai',
  ],
  [
    'a hardware clock that chrony does not go by',
    'clocks',
    but({
      qdiscs: { seen: [qdisc(2, 'etf')] },
      phcSources: { seen: [{ device: '/dev/ptp0', refid: 'PHC0', file: '/etc/chrony.conf', state: 'x' }] },
    }),
    'warning: chrony does not go by /dev/ptp0: it disagrees with the majority of the sources',
    'refclock PHC ... tai',
  ],
  [
    'irqbalance beside isolated CPUs',
    'cpus',
    but({ daemons: { seen: [{ name: 'irqbalance', pid: 9, command: '' }] } }),
    'warning: irqbalance moves interrupts, and CPUs 2-3 are isolated',
    'IRQBALANCE_BANNED_CPULIST',
  ],
  [
    'all interrupts on the same CPUs',
    'cpus',
    but({
      nics: {
        seen: {
          eth1: {
            maxTxQueues: 2,
            interrupts: [
              { irq: 30, cpus: '0-3' },
              { irq: 31, cpus: '0-3' },
            ],
          },
        },
      },
    }),
    'hint: all 2 interrupts of eth1 go to CPUs 0-3',
    'a CPU for each',
  ],
];

describe('what is amiss is found, with its mend', () => {
  it.each(cases)('%s', (_, check, facts, line, mend) => {
    const found = diagnose(facts, [check]).map(({ severity, message, ...rest }) => ({
      line: `${severity}: ${message}`,
      mend: rest.mend,
    }));
    const one = found.find((it) => it.line.startsWith(line));
    expect(one, found.map((it) => it.line).join('\n')).toBeDefined();
    if (mend !== undefined) expect(one?.mend).toContain(mend);
  });
});

describe('what is as it should be gives no warning', () => {
  const fine: [name: string, check: string, facts: NodeFacts][] = [
    [
      'a hardware clock that chrony goes by',
      'clocks',
      but({
        qdiscs: { seen: [qdisc(2, 'etf')] },
        daemons: { seen: [{ name: 'chronyd', pid: 1, command: '' }] },
        phcSources: { seen: [{ device: '/dev/ptp0', refid: 'PHC0', file: '/etc/chrony.conf', state: '*' }] },
      }),
    ],
    [
      'a netkit pair whose own end does not scrub, as Cilium makes it',
      'netkit',
      withInterface(side(12, 'nk12', { kind: 'netkit' }), {
        links: {
          seen: [link(12, 'nk12', { kind: 'netkit', data: { scrub: 'none', peerScrub: 'default' } })],
        },
      }),
    ],
  ];
  it.each(fine)('%s', (_, check, facts) => {
    expect(diagnose(facts, [check]).filter(({ severity }) => severity !== 'ok')).toEqual([]);
  });
});

describe('the checks', () => {
  it('say so where they could not look, and never fail for it', () => {
    const blind = but({
      kernel: { ...healthy.kernel, btf: nothing, qdiscModules: nothing },
      libbpf: nothing,
      bpffs: nothing,
      cgroup: nothing,
      sysctls: {},
      proxy: nothing,
      links: nothing,
      qdiscs: nothing,
      uplinks: nothing,
      hooks: nothing,
      counters: nothing,
      nics: nothing,
      time: nothing,
      daemons: nothing,
      phcSources: nothing,
      agent: nothing,
      chain: nothing,
      cpus: nothing,
    });
    const unseen = diagnose(blind).filter(({ severity }) => severity === 'unseen');
    expect(unseen.every(({ message }) => message.endsWith('not permitted'))).toBe(true);
    expect(new Set(unseen.map(({ check }) => check)).size).toBeGreaterThanOrEqual(10);
  });

  it('have names of their own, and each is tried here', () => {
    const names = checks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const tried = new Set(cases.map(([, check]) => check));
    expect(names.filter((name) => !tried.has(name))).toEqual(['chain']); // its findings: packages/cni, chain/plan.test.ts
  });

  it('stand in the documents, in their order', () => {
    const page = readFileSync(new URL('../../../../docs/doctor.md', import.meta.url), 'utf8');
    expect(page).toContain(checks.map(({ name, asks }) => `| \`${name}\` | ${asks} |\n`).join(''));
  });

  it('can be picked by name, and not by another', () => {
    expect(diagnose(healthy, ['btf']).map(({ check }) => check)).toEqual(['btf']);
    expect(() => diagnose(healthy, ['btff'])).toThrow('there is no check btff');
  });
});
