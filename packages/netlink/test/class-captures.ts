import type { Capture } from './captures.ts';
import { tsnForms } from './tsn-forms.ts';

/** What sorts packets into classes. tc 6.1 cuts the times of rates off where 6.15 rounds them up. */
export const classRequests: Readonly<Record<string, Capture>> = {
  'qdisc-add-tbf': {
    command: 'tc qdisc add dev lo root handle 1: tbf rate 125000bps burst 4096 limit 54096',
    newer: true,
  },
  'qdisc-add-tbf-peak': {
    command:
      'tc qdisc add dev lo root tbf rate 1250000000bps burst 1048576 limit 10485760 peakrate 2500000000bps' +
      ' mtu 1540 overhead 24 mpu 64',
    newer: true,
  },
  'qdisc-replace-tbf-fast': {
    command: 'tc qdisc replace dev lo root tbf rate 6250000000bps burst 2000000 limit 10000000',
    newer: true,
  },
  'qdisc-change-tbf-atm': {
    command: 'tc qdisc change dev lo root tbf rate 125000bps burst 4096 limit 54096 linklayer atm',
    newer: true,
  },
  'qdisc-add-htb': { command: 'tc qdisc add dev lo root handle 1: htb' },
  'qdisc-add-htb-options': {
    command: 'tc qdisc add dev lo root handle 1: htb default 0x30 r2q 100 direct_qlen 500',
  },
  'qdisc-add-htb-offload': { command: 'tc qdisc replace dev lo root handle 1: htb default 0x1 offload' },
  'class-add-htb': { command: 'tc class add dev lo parent 1: classid 1:1 htb rate 125000bps', newer: true },
  'class-add-htb-root': { command: 'tc class add dev lo root classid 1:1 htb rate 125000bps', newer: true },
  'class-add-htb-options': {
    command:
      'tc class add dev lo parent 1:1 classid 1:10 htb rate 12500000bps ceil 6250000000bps burst 15360' +
      ' cburst 20480 prio 3 quantum 3000 overhead 24 mpu 64',
    newer: true,
  },
  'class-add-htb-fast': {
    command: 'tc class replace dev lo parent 1: classid 1:2 htb rate 5000000000bps ceil 50000000000bps',
    newer: true,
  },
  'class-change-htb': {
    command: 'tc class change dev lo parent 1:1 classid 1:10 htb rate 625000bps',
    newer: true,
  },
  'class-replace-htb-atm': {
    command: 'tc class replace dev lo parent 1:1 classid 1:10 htb rate 625000bps linklayer atm',
    newer: true,
  },
  'class-delete': { command: 'tc class del dev lo classid 1:10' },
  'class-list': { command: 'tc class show dev lo' },
  'class-list-parent': { command: 'tc class show dev lo parent 1:' },
  'filter-add-matchall': {
    command: 'tc filter add dev lo ingress prio 3 protocol all matchall classid 1:2',
  },
  'filter-add-matchall-parent': {
    command: 'tc filter add dev lo parent 1: prio 5 protocol all matchall classid 1:10',
  },
  'filter-replace-matchall-skip': {
    command: 'tc filter replace dev lo egress prio 3 protocol all handle 1 matchall skip_hw classid 1:2',
  },
  'filter-add-matchall-hw': {
    command: 'tc filter add dev lo egress prio 4 protocol all matchall skip_sw classid 1:2',
  },
  'filter-delete-matchall': { command: 'tc filter del dev lo ingress prio 3 protocol all matchall' },
  'filter-delete-parent': {
    command: 'tc filter del dev lo parent 1: prio 5 protocol all handle 1 matchall',
  },
  'filter-list-parent': { command: 'tc filter show dev lo parent 1:' },
};

/** The forms of TSN qdiscs, but for those that we refuse before the kernel is asked. */
export const formRequests: Readonly<Record<string, Capture>> = Object.fromEntries(
  Object.entries(tsnForms)
    .filter(([, { expected }]) => expected === 'done' || 'refused' in expected)
    .map(([name, { tc, newer = false }]) => [`form-${name}`, { command: `tc qdisc ${tc}`, newer }]),
);
