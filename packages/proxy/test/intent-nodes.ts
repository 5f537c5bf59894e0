import type { Interface, Observed } from '../src/model.ts';
import type { Policy } from '../src/policy.ts';

export const POLICY: Policy = { allow: [3], remap: {}, horizonNs: 0n };

export const device = (ifindex: number, name: string, more: Partial<Interface> = {}): Interface => ({
  ifindex,
  name,
  kind: undefined,
  podSide: false,
  qdiscs: ['noqueue'],
  ...more,
});

export const BARE: Observed = {
  abilities: { kernel: '6.18.0', tcx: true, hostMode: true },
  interfaces: [
    device(1, 'lo'),
    device(2, 'nic0', { qdiscs: ['mqprio', 'etf', 'fq_codel'] }),
    device(3, 'nic1', { qdiscs: ['fq'] }),
    device(4, 'nic2', { qdiscs: ['mqprio', 'etf', 'fq'] }),
    device(5, 'bond0', { kind: 'bond' }),
    device(6, 'podA', { kind: 'veth', podSide: true }),
    device(7, 'podB', { kind: 'netkit', podSide: true }),
  ],
  tables: false,
  attachments: [],
  pods: [],
  uplinks: [],
  stale: [],
};

/** nic0 restores, podA saves, podB is stripped; no other interface goes by launch times. */
export const BUSY: Observed = {
  ...BARE,
  interfaces: BARE.interfaces.map((link) => (/nic[12]/.test(link.name) ? { ...link, qdiscs: ['mq'] } : link)),
  tables: true,
  attachments: [
    { ifindex: 2, role: 'restorer', via: 'tcx', first: true },
    { ifindex: 6, role: 'saver', via: 'tcx', first: true },
    { ifindex: 7, role: 'strip', via: 'tcx', first: true },
  ],
  pods: [
    { ifindex: 6, policy: POLICY },
    { ifindex: 7, policy: { allow: [], remap: {}, horizonNs: 0n } },
  ],
  uplinks: [{ ifindex: 2, clock: 'tai', stacked: false }],
};

/** nic1 has fq, too. */
export const TWO_QUEUES: Observed = {
  ...BUSY,
  interfaces: BARE.interfaces.filter(({ name }) => name !== 'nic2'),
};

/** nic1 is an uplink, too. */
export const TWO_UPLINKS: Observed = {
  ...TWO_QUEUES,
  attachments: [...BUSY.attachments, { ifindex: 3, role: 'restorer', via: 'tcx', first: true }],
  uplinks: [...BUSY.uplinks, { ifindex: 3, clock: 'mono', stacked: false }],
};

export const FQ_AT_POD = BUSY.interfaces.map((link) =>
  link.name === 'podB' ? { ...link, qdiscs: ['fq'] } : link,
);

/** nic1 has these qdiscs. */
export const gated = (...qdiscs: string[]): Observed => ({
  ...BUSY,
  interfaces: BUSY.interfaces.map((link) => (link.name === 'nic1' ? { ...link, qdiscs } : link)),
});
