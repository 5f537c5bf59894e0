import { DocumentError } from '@tsnctl/document';
import { describe, expect, it } from 'vitest';
import { readSchedule } from './read-schedule.ts';

function refusal(text: string): { lines: string[]; hint: string | undefined } {
  try {
    readSchedule(text, { file: 's.yaml' });
  } catch (error) {
    if (error instanceof DocumentError) return { lines: error.message.split('\n'), hint: error.hint };
    throw error;
  }
  throw new Error('it was not refused');
}

const ONE = 'classes: [{name: a}]\n';
const TWO = 'classes: [{name: a, priorities: 0-3}, {name: b, priorities: [4, 6-7]}]\n';

describe('a schedule', () => {
  it('is read, with names as masks and quantities in base units', () => {
    const text = `
linkSpeed: 2.5Gbit
cycle: 1ms
baseTime: 1764411813000000001ns
classes:
  - {name: rest, priorities: 0-3, queues: 2}
  - {name: control, priorities: [6, 7], maxFrame: 256B}
gates:
  - {open: [control], for: 125us}
  - {open: 0x1, for: 0.5ms, preemption: hold}
  - {open: all, for: 375us}
`;
    expect(readSchedule(text, { file: 's.yaml' }).schedule).toMatchObject({
      qdisc: 'taprio',
      clock: 'tai',
      linkSpeed: 2_500_000_000n,
      cycle: 1_000_000n,
      baseTime: 1_764_411_813_000_000_001n,
      classes: [
        { priorities: [0, 1, 2, 3], queues: { count: 2 } },
        { priorities: [6, 7], queues: { count: 1 }, maxFrame: 256 },
      ],
      gates: [
        { open: 2, for: 125_000 },
        { open: 1, for: 500_000, preemption: 'hold' },
        { open: 3, for: 375_000 },
      ],
    });
  });

  it('is an mqprio where it has classes alone, and what it says otherwise', () => {
    expect(readSchedule(TWO, { file: 's' }).schedule.qdisc).toBe('mqprio');
    expect(readSchedule('{"qdisc": "fq", "fq": {"horizon": "2s"}}', { file: 's' }).schedule).toMatchObject({
      qdisc: 'fq',
      fq: { horizon: 2_000_000_000n },
    });
  });
});

describe('what is wrong is named with file, line, column and key, and what would be right', () => {
  it.each([
    ['an unknown key', `${ONE}gats: []\n`, 's.yaml:2:1: gats: no such key', 'gates instead of gats'],
    [
      'an unknown unit',
      `cycle: 1msec\n${ONE}`,
      's.yaml:1:8: cycle: "msec" is no unit of a duration',
      '125us',
    ],
    ['no unit', `cycle: 1000\n${ONE}`, 's.yaml:1:8: cycle: 1000 has no unit', '1000us, or 1000ns'],
    [
      'a rate in bytes',
      `linkSpeed: 1GB\n${ONE}`,
      's.yaml:1:12: linkSpeed: "GB" is no unit of a rate',
      '100Mbit',
    ],
    [
      'less than a nanosecond',
      `cycle: 0.5ns\n${ONE}`,
      's.yaml:1:8: cycle: "0.5ns" is not a duration',
      'a number and a unit',
    ],
    [
      'overlapping classes',
      'classes:\n  - {name: a, priorities: 0-3}\n  - {name: b, priorities: [3, 4]}\n',
      's.yaml:3:27: classes.1.priorities: priority 3 is in class a already',
      'each priority in one class: without 3 here, or in a',
    ],
    [
      'an interval of 2^63',
      `${ONE}gates: [{open: all, for: 9223372036854775808ns}]\n`,
      's.yaml:2:26: gates.0.for: 9223372036854775808ns is out of range',
      '1ns to 4294967295ns',
    ],
    [
      'the same as a bare number',
      `${ONE}gates: [{open: all, for: 9223372036854775808}]\n`,
      's.yaml:2:26: gates.0.for: 9223372036854776000 is not a duration',
      'a number and a unit',
    ],
    [
      'a base time of 2^63',
      `${ONE}baseTime: 9223372036854775808ns\n`,
      's.yaml:2:11: baseTime: 9223372036854775808ns is out of range',
      '0ns to 9223372036854775807ns',
    ],
    [
      'no gates',
      `${ONE}gates: []\n`,
      's.yaml:2:8: gates: the list is empty: a schedule needs gates',
      'a gate such as {open: [NAME], for: 125us}',
    ],
    [
      'a class that is not there',
      `${TWO}gates: [{open: [c], for: 1us}]\n`,
      's.yaml:2:17: gates.0.open.0: there is no class c',
      'one of a, b',
    ],
    [
      'a mask of too many classes',
      `${TWO}gates: [{open: 0x7, for: 1us}]\n`,
      's.yaml:2:16: gates.0.open: the mask 0x7 has bits of classes that do not exist',
      '0x0 to 0x3: bit 0 is a',
    ],
    [
      'a gate that does not last',
      `${ONE}gates: [{open: all}]\n`,
      's.yaml:2:9: gates.0.for: missing',
      undefined,
    ],
    [
      'two of a name',
      'classes: [{name: a}, {name: a}]\n',
      's.yaml:1:29: classes.1.name: there are two',
      undefined,
    ],
    [
      'a priority that is none',
      'classes: [{name: a, priorities: [5, 16]}]\n',
      's.yaml:1:37: classes.0.priorities.1: "16" is no priority',
      'numbers from 0 to 15',
    ],
    [
      'TX queues that are none',
      'classes: [{name: a, queues: 0}]\n',
      's.yaml:1:29: classes.0.queues: "0" is no range of TX queues',
      'how many: 2; or how many from which on: 2@1',
    ],
    [
      'a frame that is none',
      'classes: [{name: a, maxFrame: 12}]\n',
      's.yaml:1:31: classes.0.maxFrame: 12 is no size of a frame',
      '64 to 65535 bytes',
    ],
    [
      'a key of another kind',
      'qdisc: fq\nlimit: 4\n',
      's.yaml:2:8: limit: fq has no limit',
      'qdisc: pfifo or bfifo',
    ],
    [
      'classes where there are none',
      `qdisc: fq\n${ONE}`,
      's.yaml:2:10: classes: fq has no classes',
      'qdisc: taprio, mqprio or prio',
    ],
    [
      'a kind that is none',
      'qdisc: tabrio\n',
      's.yaml:1:8: qdisc: "tabrio" is not known here',
      'one of taprio',
    ],
    ['nothing at all', '', 's.yaml:1:1: nothing is in it', 'classes: [{name: control'],
    ['nothing that matters', '{}', 's.yaml:1:1: it does not say what the interface shall have', 'qdisc: fq'],
    [
      'gates without classes',
      'gates: [{open: 0x0, for: 1us}]\n',
      's.yaml:1:1: taprio needs classes',
      'classes: [',
    ],
    ['an etf without settings', 'qdisc: etf\n', 's.yaml:1:1: etf needs settings', 'etf: {delta: 300us}'],
    ['a taprio without gates', `qdisc: taprio\n${ONE}`, 's.yaml:1:1: taprio needs gates', 'gates: [{open'],
    [
      'a bomb',
      `${Array.from(
        { length: 12 },
        (_, level) =>
          `l${level}: &l${level} [${Array(9)
            .fill(level === 0 ? 'x' : `*l${level - 1}`)
            .join(', ')}]`,
      ).join('\n')}`,
      's.yaml:1:1: Excessive alias count',
      'without so many aliases',
    ],
  ])('%s', (_, text, message, hint) => {
    const { lines, hint: told } = refusal(text);
    expect(lines[0]).toContain(message);
    if (hint !== undefined) expect(told).toContain(hint);
  });

  it('more gates than fit in a message to the kernel', () => {
    const gates = Array(1025).fill('{open: all, for: 1us}').join(', ');
    expect(refusal(`${ONE}gates: [${gates}]`).lines).toEqual(['s.yaml:2:8: gates: more than 1024 gates']);
  });
});
