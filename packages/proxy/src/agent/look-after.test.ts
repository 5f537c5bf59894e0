import type { NetlinkEvent } from '@tsnctl/netlink';
import { describe, expect, it } from 'vitest';
import { lookAfterMs } from './look-after.ts';

const UPLINK = 2;
const POD = 3;
const concerns = (isConcerned: boolean) => ({
  isUplink: (ifindex: number) => ifindex === UPLINK,
  isPod: (ifindex: number) => ifindex === POD,
  isConcerned: () => isConcerned,
});
const qdisc = (kind: string, index: number, gone = false) =>
  ({ what: 'qdisc', gone, qdisc: { kind, index } }) as NetlinkEvent;

describe('lookAfterMs', () => {
  it.each([
    ['an interface that went, when its DEL is through', { what: 'link', gone: true, link: {} }, 1_000],
    ['a filter of an uplink that went, now', { what: 'filter', gone: true, index: UPLINK }, 0],
    ['a filter of a pod that went, now', { what: 'filter', gone: true, index: POD }, 0],
    ['the clsact of a pod, now', qdisc('clsact', POD, true), 0],
    ['any qdisc of an uplink that came, once the others are there', qdisc('pfifo', UPLINK), 20],
    ['and that went', qdisc('fq', UPLINK, true), 20],
  ] as const)('is for %s', (_, event, ms) => {
    expect(lookAfterMs(event as NetlinkEvent, concerns(false))).toBe(ms);
  });

  it.each([
    ['a filter that came', { what: 'filter', gone: false, index: UPLINK }],
    ["another interface's filter", { what: 'filter', gone: true, index: 9 }],
    ["another interface's qdisc", qdisc('pfifo', 9)],
    ["a pod's qdisc", qdisc('pfifo', POD)],
  ] as const)('is not for %s', (_, event) => {
    expect(lookAfterMs(event as NetlinkEvent, concerns(false))).toBeUndefined();
  });

  it('is for what may make another uplink, when the next of such are there', () => {
    expect(lookAfterMs(qdisc('mqprio', 9), concerns(true))).toBe(100);
    expect(lookAfterMs({ what: 'route', gone: false, isDefault: true }, concerns(true))).toBe(100);
  });
});
