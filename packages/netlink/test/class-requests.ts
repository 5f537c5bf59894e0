import {
  addClass,
  addMatchallFilter,
  addQdisc,
  changeClass,
  changeQdisc,
  deleteClass,
  deleteFilter,
  listClasses,
  listFilters,
  type NetlinkRequest,
  replaceClass,
  replaceQdisc,
} from '../src/index.ts';
import { tsnForms } from './tsn-forms.ts';

const index = 1;
const root = { index, handle: 0x1_0000, kind: 'htb' } as const;
const first = { index, kind: 'htb', parent: 0x1_0000, handle: 0x1_0001 } as const;
const tenth = { index, kind: 'htb', parent: 0x1_0001, handle: 0x1_0010 } as const;
const slow = { rateBps: 125_000n, burstBytes: 4096, limitBytes: 54_096 };
const classid = 0x1_0002;

/** The request that says the same as the command in testdata/<name>.hex: what sorts packets into classes. */
export const classRequests: Record<string, NetlinkRequest<unknown>> = {
  'qdisc-add-tbf': addQdisc({ index, handle: 0x1_0000, kind: 'tbf', options: slow }),
  'qdisc-add-tbf-peak': addQdisc({
    index,
    kind: 'tbf',
    options: {
      rateBps: 1_250_000_000n,
      burstBytes: 1_048_576,
      limitBytes: 10_485_760,
      peakRateBps: 2_500_000_000n,
      mtuBytes: 1540,
      overheadBytes: 24,
      mpuBytes: 64,
    },
  }),
  'qdisc-replace-tbf-fast': replaceQdisc({
    index,
    kind: 'tbf',
    options: { rateBps: 6_250_000_000n, burstBytes: 2_000_000, limitBytes: 10_000_000 },
  }),
  'qdisc-change-tbf-atm': changeQdisc({ index, kind: 'tbf', options: { ...slow, linkLayer: 'atm' } }),
  'qdisc-add-htb': addQdisc(root),
  'qdisc-add-htb-options': addQdisc({
    ...root,
    options: { defaultClass: 0x30, rateToQuantum: 100, directQueuePackets: 500 },
  }),
  'qdisc-add-htb-offload': replaceQdisc({ ...root, options: { defaultClass: 1, offload: true } }),
  'class-add-htb': addClass({ ...first, options: { rateBps: 125_000n } }),
  'class-add-htb-root': addClass({ ...first, parent: 0xffff_ffff, options: { rateBps: 125_000n } }),
  'class-add-htb-options': addClass({
    ...tenth,
    options: {
      rateBps: 12_500_000n,
      ceilBps: 6_250_000_000n,
      burstBytes: 15_360,
      cburstBytes: 20_480,
      prio: 3,
      quantumBytes: 3000,
      overheadBytes: 24,
      mpuBytes: 64,
    },
  }),
  'class-add-htb-fast': replaceClass({
    ...first,
    handle: 0x1_0002,
    options: { rateBps: 5_000_000_000n, ceilBps: 50_000_000_000n },
  }),
  'class-change-htb': changeClass({ ...tenth, options: { rateBps: 625_000n } }),
  'class-replace-htb-atm': replaceClass({ ...tenth, options: { rateBps: 625_000n, linkLayer: 'atm' } }),
  'class-delete': deleteClass({ index, handle: 0x1_0010 }),
  'class-list': listClasses({ index }),
  'class-list-parent': listClasses({ index, parent: 0x1_0000 }),
  'filter-add-matchall': addMatchallFilter({ index, hook: 'ingress', priority: 3, classid }),
  'filter-add-matchall-parent': addMatchallFilter({
    index,
    hook: 0x1_0000,
    priority: 5,
    classid: 0x1_0010,
  }),
  'filter-replace-matchall-skip': addMatchallFilter({
    index,
    hook: 'egress',
    priority: 3,
    handle: 1,
    replace: true,
    classid,
    skip: 'hw',
  }),
  'filter-add-matchall-hw': addMatchallFilter({ index, hook: 'egress', priority: 4, classid, skip: 'sw' }),
  'filter-delete-matchall': deleteFilter({ index, hook: 'ingress', priority: 3, kind: 'matchall' }),
  'filter-delete-parent': deleteFilter({
    index,
    hook: 0x1_0000,
    priority: 5,
    handle: 1,
    kind: 'matchall',
  }),
  'filter-list-parent': listFilters({ index, hook: 0x1_0000 }),
};

export const formRequests: Record<string, NetlinkRequest<unknown>> = Object.fromEntries(
  Object.entries(tsnForms)
    .filter(([, { expected }]) => expected === 'done' || 'refused' in expected)
    .map(([name, { ours }]) => [`form-${name}`, ours(index)]),
);
