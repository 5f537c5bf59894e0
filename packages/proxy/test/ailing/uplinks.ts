import type { Observed } from '../../src/model.ts';
import { link, qdisc, side } from '../healthy-node.ts';
import { type Ailing, but, butProxy, proxy, withInterface } from './but.ts';

/** Priorities 5 and 6 in a class of their own. */
const classes = {
  numTc: 2,
  map: [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  queues: [
    { count: 2, offset: 0 },
    { count: 2, offset: 2 },
  ],
};

/** Of a NIC that sends by other queues than it receives by; so many of 4 are in use. */
function separate({ tx }: { tx: number }) {
  return { maximum: { rx: 4, tx: 4 }, current: { rx: tx, tx } };
}

/** What ails a way out of the node: its restorer, its queues, its clock. */
export const ailingUplinks: Ailing[] = [
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
    'one queue, of a NIC that sends and receives by different ones',
    'queues',
    but({
      links: { seen: [link(2, 'eth1', { numTxQueues: 1 })] },
      qdiscs: { seen: [qdisc(2, 'fq')] },
      nics: { seen: { eth1: { maxTxQueues: 4, channels: separate({ tx: 1 }), interrupts: [] } } },
    }),
    'hint: eth1 has 1 TX queue',
    'ethtool -L eth1 tx 4',
  ],
  [
    'classes whose queues were taken away',
    'queues',
    but({
      qdiscs: { seen: [qdisc(2, 'taprio', classes)] },
      nics: { seen: { eth1: { txQueues: 2, maxTxQueues: 4, interrupts: [] } } },
    }),
    'error: eth1 has 2 TX queues in use, and taprio has given others to class 1 (2@2)',
    'ethtool -L eth1 combined 4',
  ],
  [
    'classes whose queues were taken away, of a NIC that sends and receives by different ones',
    'queues',
    but({
      qdiscs: { seen: [qdisc(2, 'taprio', classes)] },
      nics: {
        seen: { eth1: { txQueues: 2, maxTxQueues: 4, channels: separate({ tx: 2 }), interrupts: [] } },
      },
    }),
    'error: eth1 has 2 TX queues in use',
    'ethtool -L eth1 tx 4; or tsnctl tune with fewer classes',
  ],
  [
    'classes with more queues than the NIC has',
    'queues',
    but({
      qdiscs: { seen: [qdisc(2, 'taprio', classes)] },
      nics: { seen: { eth1: { txQueues: 2, maxTxQueues: 2, interrupts: [] } } },
    }),
    'error: eth1 has 2 TX queues in use',
    'tsnctl tune with fewer classes',
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
