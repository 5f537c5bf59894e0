import { type QdiscSpec, replaceQdisc } from '@tsnctl/netlink';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mqprioSchedules, taprioSchedules } from '../../test/schedules.ts';
import { fromQdiscs } from '../from-qdiscs.ts';
import { readSchedule } from '../read-schedule.ts';
import { toDocument } from '../to-document.ts';
import { type PlacedQdisc, toQdiscs } from '../to-qdiscs.ts';
import { tcCommands } from './export.ts';
import { fromTcCommands } from './import-command.ts';
import { fromTcJson } from './import-json.ts';

const bytes = (qdiscs: readonly PlacedQdisc[]) =>
  qdiscs.map((qdisc) => Buffer.from(replaceQdisc({ ...qdisc, index: 3 } as QdiscSpec).body).toString('hex'));

const all = fc.oneof(taprioSchedules, mqprioSchedules);

describe('a schedule as tc commands, read again', () => {
  it('is the same bytes for the kernel', () => {
    fc.assert(
      fc.property(all, (schedule) => {
        const qdiscs = toQdiscs(schedule);
        const imported = fromTcCommands(tcCommands(qdiscs, 'eth1').join('\n'));
        expect(imported.dev).toBe('eth1');
        expect(bytes(imported.qdiscs)).toEqual(bytes(qdiscs));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('is the same schedule', () => {
    fc.assert(
      fc.property(all, (schedule) => {
        const again = fromQdiscs(fromTcCommands(tcCommands(toQdiscs(schedule), 'eth1').join('\n')).qdiscs);
        expect(bytes(toQdiscs(again))).toEqual(bytes(toQdiscs(schedule)));
        expect(again.gates).toEqual(schedule.gates);
        expect(again.classes.map(({ priorities }) => priorities)).toEqual(
          schedule.classes.map(({ priorities }) => priorities),
        );
      }),
      { numRuns: 300, seed: 2 },
    );
  });
});

it('a schedule as a file, read again, is the same', () => {
  fc.assert(
    fc.property(all, (schedule) => {
      const text = JSON.stringify(toDocument(schedule));
      expect(readSchedule(text, { file: 'again' }).schedule).toEqual(schedule);
    }),
    { numRuns: 300, seed: 3 },
  );
});

describe('commands as people write them', () => {
  const written = `
    # the example of tc-taprio(8)
    sudo tc qdisc replace dev eth0 parent root handle 100 taprio \\
        num_tc 3 \\
        map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 \\
        queues 1@0 1@1 2@2 \\
        base-time 1528743495910289987 \\
        sched-entry S 01 300000 \\
        sched-entry S 02 300us \\
        sched-entry S 04 400000 \\
        clockid CLOCK_TAI
    tc qdisc add dev eth0 parent 100:1 etf delta 300000 clockid TAI skip_sock_check`;

  it('become a schedule', () => {
    const { dev, qdiscs } = fromTcCommands(written);
    const schedule = fromQdiscs(qdiscs, dev);
    expect(schedule).toMatchObject({
      qdisc: 'taprio',
      dev: 'eth0',
      clock: 'tai',
      baseTime: 1528743495910289987n,
      gates: [
        { open: 1, for: 300_000 },
        { open: 2, for: 300_000 },
        { open: 4, for: 400_000 },
      ],
      classes: [
        {
          name: 'class0',
          priorities: [3],
          queues: { count: 1 },
          etf: { delta: 300_000, skipSockCheck: true },
        },
        { name: 'class1', priorities: [2], queues: { count: 1 } },
        { name: 'class2', queues: { count: 2 } },
      ],
    });
  });

  it.each([
    ['ip link show', 'tc command, word 1, after "": "ip" is not tc'],
    ['tc qdisc add dev eth0 fq', 'tc command, word 6, after "dev eth0 fq": neither root nor parent is said'],
    [
      'tc qdisc add dev eth0 root cbs idlslope 1',
      'tc command, word 8, after "root cbs idlslope": cbs has no option idlslope, but idleslope, sendslope, hicredit, locredit, offload',
    ],
    [
      'tc qdisc add dev e root taprio sched-entry S zz 1',
      'tc command, word 10, after "sched-entry S zz": "zz" is not a mask of gates',
    ],
    [
      'tc qdisc add dev e root taprio num_tc',
      'tc command, word 8, after "root taprio num_tc": a number is missing at the end',
    ],
    [
      'tc qdisc add dev a root fq\ntc qdisc add dev b root fq',
      'these commands are for several interfaces: a, b',
    ],
    ['# nothing', 'there is no tc command in it'],
  ])('or are refused with the word: %s', (text, message) => {
    expect(() => fromTcCommands(text)).toThrow(expect.objectContaining({ code: 'TC_COMMAND', message }));
  });
});

describe('tc -j qdisc show', () => {
  const told = `[{"kind":"noqueue","handle":"0:","dev":"v1","root":true,"refcnt":2,"options":{}},
    {"kind":"taprio","handle":"100:","dev":"v0","root":true,"refcnt":5,"options":{"tc":3,"map":[2,1,0,2,2,2,2,2,2,2,2,2,2,2,2,2],
    "queues":[{"offset":0,"count":1},{"offset":1,"count":1},{"offset":2,"count":2}],"clockid":"TAI","flags":"0x1","txtime_delay":200000,
    "base_time":4102444800000000001,"cycle_time":1000000,"cycle_time_extension":0,
    "schedule":[{"index":0,"cmd":"S","gatemask":"0x1","interval":300000},{"index":1,"cmd":"S","gatemask":"0x7","interval":700000}],
    "max-sdu":[0,300,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}},
    {"kind":"etf","handle":"8001:","dev":"v0","parent":"100:1","options":{"clockid":"TAI","delta":200000,"offload":"off","deadline_mode":"off","skip_sock_check":"on"}},
    {"kind":"pfifo","handle":"0:","dev":"v0","parent":"100:4","options":{"limit":1000}},
    {"kind":"clsact","handle":"ffff:","dev":"v0","parent":"ffff:fff1","options":{}}]`;

  it('becomes a schedule, to the last nanosecond', () => {
    const { dev, qdiscs } = fromTcJson(told);
    expect(dev).toBe('v0');
    expect(fromQdiscs(qdiscs, dev)).toMatchObject({
      baseTime: 4102444800000000001n,
      cycle: 1_000_000n,
      offload: 'txtime-assist',
      txtimeDelay: 200_000,
      gates: [
        { open: 1, for: 300_000 },
        { open: 7, for: 700_000 },
      ],
      classes: [
        { etf: { delta: 200_000, skipSockCheck: true } },
        { maxFrame: 318 },
        { queues: { count: 2 } },
      ],
    });
  });

  it.each([
    ['{', /^it is not JSON: /],
    ['{}', /^it is not what tc -j qdisc show tells: /],
    ['[{"kind":"etf","handle":"1:","root":true,"options":{"delta":1}}]', /^the options of etf: clockid: /],
  ])('or is refused: %s', (text, message) => {
    expect(() => fromTcJson(text)).toThrow(
      expect.objectContaining({ code: 'TC_JSON', message: expect.stringMatching(message) }),
    );
  });
});

it('what no schedule describes is refused', () => {
  expect(() => fromQdiscs(fromTcCommands('tc qdisc add dev a root htb').qdiscs)).toThrow(
    expect.objectContaining({ code: 'NOT_A_SCHEDULE', message: 'a htb is not described by a schedule' }),
  );
});
