import { describe, expect, it } from 'vitest';
import { classPriorities, describeQdiscOptions } from './describe.ts';

const MQPRIO = {
  kind: 'mqprio',
  options: {
    numTc: 3,
    map: [2, 2, 1, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
    queues: [
      { count: 1, offset: 0 },
      { count: 1, offset: 1 },
      { count: 2, offset: 2 },
    ],
    hw: 0,
  },
};
const REST = [0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

describe('classPriorities', () => {
  it.each([
    ['the queue of one class', MQPRIO, 0x10001, [3]],
    ['a queue that shares a class with another', MQPRIO, 0x10004, REST],
    ['the traffic class itself', MQPRIO, 0x1ffe0, []],
    ['a queue of no class', MQPRIO, 0x10009, []],
    ['a band of prio', { kind: 'prio', options: { bands: 3, priomap: [1, 2, 0, 0] } }, 0x10001, [2, 3]],
    ['a class of mq, where the priority does not decide', { kind: 'mq', options: {} }, 0x10001, undefined],
    ['a qdisc without options', { kind: 'mqprio' }, 0x10001, undefined],
  ])('%s', (_, qdisc, handle, expected) => {
    expect(classPriorities(qdisc, { handle })).toEqual(expected);
  });
});

describe('describeQdiscOptions', () => {
  it('writes them as tc does', () => {
    expect(describeQdiscOptions(MQPRIO)).toBe(
      'num_tc 3 map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2 hw 0',
    );
  });

  it.each([
    ['without options', { kind: 'mq' }],
    ['whose options stay bytes', { kind: 'htb', options: new Uint8Array(8) }],
  ])('says nothing of one %s', (_, qdisc) => {
    expect(describeQdiscOptions(qdisc)).toBe('');
  });
});
