import type { UplinkClock } from '@tsnctl/proxy';

/** A kind of application: what it asks for, and what it may. */
export interface Sender {
  name: 'udp-priority' | 'udp-txtime-mono' | 'udp-txtime-tai' | 'tcp-priority';
  protocol: 'udp' | 'tcp';
  priority: number;
  txtime?: 'mono' | 'tai';
  /** Root with CAP_NET_ADMIN, which CLOCK_TAI takes; otherwise an unprivileged user without capabilities. */
  netAdmin: boolean;
  /** The clock of the NIC's qdisc that this application is made for. */
  uplinkClock: UplinkClock;
}

export const senders: readonly Sender[] = [
  { name: 'udp-priority', protocol: 'udp', priority: 6, netAdmin: false, uplinkClock: 'mono' },
  {
    name: 'udp-txtime-mono',
    protocol: 'udp',
    priority: 5,
    txtime: 'mono',
    netAdmin: false,
    uplinkClock: 'mono',
  },
  { name: 'udp-txtime-tai', protocol: 'udp', priority: 4, txtime: 'tai', netAdmin: true, uplinkClock: 'tai' },
  { name: 'tcp-priority', protocol: 'tcp', priority: 3, netAdmin: false, uplinkClock: 'mono' },
];
