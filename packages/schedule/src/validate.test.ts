import { describe, expect, it } from 'vitest';
import type { Context } from './context.ts';
import { describeFinding, placeFindings } from './finding.ts';
import { readSchedule } from './read-schedule.ts';
import { isRefused, validate } from './validate.ts';

const SECOND = 1_000_000_000n;
const NOW = { tai: 1_764_411_850n * SECOND, realtime: 1_764_411_813n * SECOND, monotonic: 50_000n * SECOND };

/** Each finding as a line, with its place. */
function said(text: string, context: Context = {}): string[] {
  const { schedule, source } = readSchedule(text, { file: 's.yaml' });
  return placeFindings(validate(schedule, context), source).map(describeFinding);
}

const CLASSES = `classes:
  - {name: rest, priorities: 0-5}
  - {name: control, priorities: 6-7}
`;
const FINE = `${CLASSES}cycle: 1ms
gates:
  - {open: [control], for: 100us}
  - {open: [rest], for: 900us}
`;

describe('a schedule that is right', () => {
  it('has nothing to say', () => {
    expect(said(FINE, { linkSpeed: SECOND, txQueues: 2, kernel: [6, 12], now: NOW, mtu: 1500 })).toEqual([]);
    expect(isRefused([])).toBe(false);
  });
});

describe('what is wrong is said in the terms of the schedule, with line, column and mend', () => {
  it.each<[string, string, Context, string]>([
    [
      'gates that are shorter than the cycle',
      FINE.replace('900us', '850us'),
      {},
      's.yaml:4:8: error CYCLE_SUM: cycle: the gates sum up to 950us, and the cycle takes 1ms: 50us are missing, and the kernel would begin anew too early. Try: another gate for 50us; or cycle: 950us',
    ],
    [
      'gates that are longer',
      FINE.replace('900us', '1ms'),
      {},
      's.yaml:4:8: error CYCLE_SUM: cycle: the gates sum up to 1.1ms, and the cycle takes 1ms: the last 100us would never come. Try: gates that are 100us shorter; or cycle: 1100us',
    ],
    [
      'a gate that is shorter than a frame',
      FINE.replace('100us', '10us').replace('900us', '990us'),
      { linkSpeed: SECOND },
      's.yaml:6:28: error GATE_TOO_SHORT: gates.0.for: class control is never open long enough for its largest frame, 1522 bytes, which takes 12.336us at 1Gbit: 8 bytes of preamble + 1522 of frame + 12 of gap = 1542; its longest window has 10us. Such a frame stays in the queue, and all behind it. Try: 12336ns or more; or maxFrame: 1230 for class control',
    ],
    [
      'a gate that is shorter than the shortest frame',
      FINE.replace('100us', '400ns').replace('900us', '999600ns').replace('6-7}', '6-7, maxFrame: 64}'),
      { linkSpeed: SECOND },
      's.yaml:6:28: error GATE_BELOW_MINIMUM: gates.0.for: the kernel refuses an interval of 400ns at 1Gbit: the shortest frame takes 480ns. Try: 480ns or more',
    ],
    [
      'the same at a speed that is not known',
      FINE.replace('100us', '40us').replace('900us', '960us'),
      {},
      's.yaml:6:28: warning GATE_BELOW_MINIMUM: gates.0.for: the kernel refuses an interval of 40us where the link speed is not known: the kernel then reckons with 10Mbit: the shortest frame takes 48us. Try: linkSpeed: 1Gbit, or whatever the link has',
    ],
    [
      'one of several windows that is too short',
      `${CLASSES}gates:
  - {open: [control], for: 50us}
  - {open: [rest], for: 400us}
  - {open: [control], for: 5us}
  - {open: [rest], for: 545us}
`,
      { linkSpeed: SECOND },
      's.yaml:7:28: warning WINDOW_TOO_SHORT: gates.2.for: a window of class control has 5us, and its largest frame, 1522 bytes, takes 12.336us at 1Gbit: 8 bytes of preamble + 1522 of frame + 12 of gap = 1542: it waits for a longer one. Try: 12336ns or more; or maxFrame: 6230 for class control',
    ],
    [
      'a class that no gate lets out',
      FINE.replace('[control]', '[rest]'),
      {},
      "s.yaml:3:5: error CLASS_NEVER_OPEN: classes.1: no gate ever opens for class control (priorities 6-7): what it sends is never sent. Try: control in some gate's open, such as the longest: gates.1.open",
    ],
    [
      "PTP's class closed for longer than ptp4l waits",
      FINE.replace('100us', '2ms').replace('900us', '900us').replace('cycle: 1ms\n', ''),
      {},
      "s.yaml:5:5: warning PTP_CLOSED: gates.0: class rest, in which the clock's own messages are (priority 0), is closed for 2ms: ptp4l before version 4 waits 1ms for a transmit timestamp. Try: tx_timestamp_timeout 3 in ptp4l.conf; or rest open at least every 1ms",
    ],
    [
      'the same, and for longer than 802.1AS allows',
      FINE.replace('100us', '20ms').replace('cycle: 1ms\n', ''),
      {},
      "s.yaml:5:5: error PTP_CLOSED: gates.0: class rest, in which the clock's own messages are (priority 0), is closed for 20ms: IEEE 802.1AS gives a port 10ms to answer Pdelay_Req, and ptp4l waits 10ms for a transmit timestamp. Try: rest open at least every 10ms; or ptpPriority, and ptp4l's socket_priority, of a class that is",
    ],
    [
      'more gates than the NIC takes',
      `offload: full\n${FINE}`,
      { maxGates: 1 },
      's.yaml:8:5: error MORE_GATES_THAN_HARDWARE: gates.1: 2 gates, and the NIC takes 1. Try: neighbouring gates with the same open as one; or offload: none',
    ],
    [
      'a base time in the past',
      `baseTime: 1764411800s\n${FINE}`,
      { now: NOW },
      's.yaml:1:11: note BASE_TIME_PAST: baseTime: 1764411800s was 50s ago: it begins with the next cycle from there, at 1764411850001000000ns',
    ],
    [
      'a base time of another clock',
      `baseTime: 50010s\n${FINE}`,
      { now: NOW },
      's.yaml:1:11: warning BASE_TIME_CLOCK: baseTime: 50010s looks like a time of CLOCK_MONOTONIC, and the schedule goes by CLOCK_TAI, where it is now 1764411850000000000ns. Try: clock: monotonic; or baseTime: 0s, for whole multiples of the cycle',
    ],
    [
      'the other way round',
      `clock: monotonic\nbaseTime: 1764411860s\n${FINE}`,
      { now: NOW },
      's.yaml:2:11: error BASE_TIME_CLOCK: baseTime: 1764411860s looks like a time of CLOCK_TAI, and the schedule goes by CLOCK_MONOTONIC, where it is now 50000000000000ns. Try: clock: tai; or baseTime: 0s, for whole multiples of the cycle',
    ],
    [
      'a base time far ahead',
      `baseTime: 1774411800s\n${FINE}`,
      { now: NOW },
      's.yaml:1:11: error BASE_TIME_FAR: baseTime: it begins in 9999950s: until then all gates are open. Try: baseTime: 0s, for whole multiples of the cycle',
    ],
    [
      'no offset of TAI',
      `clock: tai\n${FINE}`,
      { now: { ...NOW, tai: NOW.realtime } },
      's.yaml:1:8: note TAI_OFFSET: clock: CLOCK_TAI is the same as CLOCK_REALTIME on this node: nothing has told the kernel the offset, 37 s since 2017. Try: phc2sys or chrony with a leapsectz; only nodes that agree on TAI open their gates together',
    ],
    [
      'a link that is slower',
      `linkSpeed: 1Gbit\n${FINE}`,
      { linkSpeed: 100_000_000n },
      's.yaml:1:12: warning LINK_SPEED: linkSpeed: the schedule reckons with 1Gbit, and the link has 100Mbit now. Try: linkSpeed: 100Mbit; or without it',
    ],
    [
      'a clock that is not the NIC',
      `clock: monotonic\noffload: full\n${FINE}`,
      {},
      "s.yaml:1:8: error CLOCK_OF_HARDWARE: clock: with offload: full the times are those of the NIC's own clock, not of CLOCK_MONOTONIC. Try: clock: tai, to which ptp4l keeps that clock; or offload: none",
    ],
    [
      'more classes than queues, on a NIC that has more',
      `dev: eth1\n${FINE}`,
      { txQueues: 1, maxTxQueues: 4 },
      's.yaml:4:5: note MORE_CLASSES_THAN_QUEUES: classes.1: eth1 has 1 TX queue; this schedule needs 2. Try: ethtool -L eth1 combined 2, which tsnctl tune does itself',
    ],
    [
      'more classes than queues, on a NIC that has more to send by, and others to receive by',
      `dev: eth1\n${FINE}`,
      {
        txQueues: 1,
        maxTxQueues: 4,
        channels: { maximum: { rx: 4, tx: 4, combined: 0 }, current: { rx: 1, tx: 1, combined: 0 } },
      },
      's.yaml:4:5: note MORE_CLASSES_THAN_QUEUES: classes.1: eth1 has 1 TX queue; this schedule needs 2. Try: ethtool -L eth1 tx 2, which tsnctl tune does itself',
    ],
    [
      'more classes than queues',
      `dev: eth1\n${FINE}`,
      { txQueues: 1, maxTxQueues: 1 },
      's.yaml:4:5: error MORE_CLASSES_THAN_QUEUES: classes.1: eth1 has 1 TX queue; this schedule needs 2. Try: no more than 1 for all classes together; or another NIC; or qdisc: prio, which needs one',
    ],
    [
      'queues of two classes',
      FINE.replace('0-5}', '0-5, queues: 2}').replace('6-7}', '6-7, queues: 1@1}'),
      {},
      "s.yaml:3:46: error QUEUES_OVERLAP: classes.1.queues: 1@1 and class rest's 2@0 have TX queues in common. Try: 1@2",
    ],
    [
      'queues out of order on an old kernel',
      FINE.replace('0-5}', '0-5, queues: 1@1}').replace('6-7}', '6-7, queues: 1@0}'),
      { kernel: [6, 1] },
      's.yaml:3:46: error QUEUES_ORDER: classes.1.queues: kernel 6.1 takes queues only in the order of the classes, and these come before the ones of class rest. Try: the classes in the order of their queues; or kernel 6.3',
    ],
    [
      'gates that are open together on an old kernel',
      FINE.replace('[rest]', 'all'),
      { kernel: [6, 1] },
      's.yaml:7:12: warning LOWEST_QUEUE_FIRST: gates.1.open: kernel 6.1 serves the lowest TX queue first where several gates are open, so the first of these classes; from 6.3 on it is the last. Try: one class a gate; or kernel 6.3',
    ],
    [
      'a largest frame that the kernel does not know',
      FINE.replace('6-7}', '6-7, maxFrame: 256}'),
      { kernel: [5, 15] },
      's.yaml:3:48: error MAX_FRAME_UNKNOWN: classes.1.maxFrame: kernel 5.15 does not know a largest frame of a class. Try: kernel 6.1; or without maxFrame',
    ],
    [
      'no delta',
      CLASSES.replace('6-7}', '6-7, etf: {skipSockCheck: true}}'),
      {},
      's.yaml:3:43: error ETF_DELTA_TOO_SMALL: classes.1.etf.delta: with a delta of 0 a packet leaves the queue at its launch time, too late by the time that takes: etf drops it. Try: delta: 300us; cyclictest shows how late timers are here',
    ],
    [
      'too small a delta',
      CLASSES.replace('6-7}', '6-7, etf: {delta: 10us, skipSockCheck: true}}'),
      {},
      's.yaml:3:51: warning ETF_DELTA_TOO_SMALL: classes.1.etf.delta: a delta of 10us is less than a timer takes to fire: packets come too late, and etf drops them. Try: delta: 300us; cyclictest shows how late timers are here',
    ],
    [
      'an etf on another clock',
      `clock: monotonic\n${CLASSES.replace('6-7}', '6-7, etf: {delta: 1ms, skipSockCheck: true}}')}`,
      {},
      's.yaml:1:8: error ETF_CLOCK: clock: etf goes by CLOCK_TAI alone, not by monotonic. Try: clock: tai; or qdisc: fq, which goes by CLOCK_MONOTONIC',
    ],
    [
      'an etf that drops what pods send',
      CLASSES.replace('6-7}', '6-7, etf: {delta: 1ms}}'),
      { forwards: true },
      "s.yaml:3:43: error ETF_DROPS_FORWARDED: classes.1.etf: etf drops packets whose socket is not on this node: all that pods send. Try: skipSockCheck: true; or qdisc: fq, into whose clock the uplink's restorer converts",
    ],
    [
      'an etf in the class of ordinary traffic',
      CLASSES.replace('0-5}', '0-5, etf: {delta: 1ms, skipSockCheck: true}}'),
      {},
      's.yaml:2:40: error ETF_DROPS_UNTIMED: classes.0.etf: class rest has priority 0, that of all ordinary traffic, and etf drops what has no launch time: ARP, TCP, everything else. Try: etf in a class of a priority of its own: rest with priorities [1, 2, 3, 4, 5], and not the first of the classes',
    ],
    [
      'an etf for everything',
      'qdisc: etf\netf: {delta: 1ms, skipSockCheck: true}\n',
      {},
      's.yaml:2:6: warning ETF_DROPS_UNTIMED: etf: an etf for the whole interface drops all packets without a launch time: ARP, TCP, everything else. Try: qdisc: mqprio with etf in one class; or qdisc: fq, which sends them at once',
    ],
    [
      'a delay that is not longer than the delta',
      `offload: txtime-assist\ntxtimeDelay: 200us\n${FINE.replace('6-7}', '6-7, etf: {delta: 200us, skipSockCheck: true}}')}`,
      {},
      's.yaml:2:14: error TXTIME_DELAY: txtimeDelay: packets reach the etf of class control 200us ahead of their launch time, and its delta is 200us: all come late. Try: txtimeDelay: 300us',
    ],
    [
      'slopes that take the whole link',
      CLASSES.replace('6-7}', '6-7, cbs: {idleSlope: 1Gbit}}'),
      { linkSpeed: SECOND },
      's.yaml:3:55: error CBS_TOO_MUCH: classes.1.cbs.idleSlope: the idle slopes are 1Gbit together, of 1Gbit. Try: 750Mbit together, or less',
    ],
    [
      'slopes of a link whose speed is not known',
      CLASSES.replace('6-7}', '6-7, cbs: {idleSlope: 20Mbit}}'),
      {},
      's.yaml:3:43: error CBS_NEEDS_SPEED: classes.1.cbs: sendSlope and credits follow from the link speed, which is not known. Try: linkSpeed: 1Gbit; or sendSlope, hiCredit and loCredit here',
    ],
    [
      'a stream that can be late',
      `${FINE}streams:\n  - {name: axis, class: control, period: 1ms, size: 128, deadline: 500us}\n`,
      { linkSpeed: SECOND },
      's.yaml:9:68: error DEADLINE_MISSED: streams.0.deadline: a frame of axis can take 902.367us: 901.183us for the closed gate, 0ns for a lower frame that has begun, 0ns for frames ahead of it, and its own. Try: deadline: 902367ns; or its gate open more often; or streams without gates, and they are computed',
    ],
    [
      'a stream that is larger than its class allows',
      `${FINE.replace('6-7}', '6-7, maxFrame: 100}')}streams:\n  - {name: axis, class: control, period: 1ms, size: 128}\n`,
      {},
      's.yaml:9:53: error STREAM_TOO_LARGE: streams.0.size: the frames of axis have 128 bytes, and those of class control at most 100. Try: size: 100; or a larger maxFrame',
    ],
  ])('%s', (_, text, context, line) => {
    expect(said(text, context)).toContain(line);
  });
});
