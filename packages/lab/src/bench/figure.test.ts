import { describe, expect, it } from 'vitest';
import { comparedNs, ns, packets } from './figure.ts';

describe('a goal', () => {
  it('is for the ratio where there is one, before it is rounded', () => {
    const pairs = [{ value: 15.004, against: 100 }];
    expect(comparedNs('cost', pairs, 0.15)).toEqual({
      name: 'cost',
      value: 15,
      unit: 'ns',
      against: 100,
      ratio: 0.15,
      range: [0.15, 0.15],
      goal: 0.15,
      met: false,
    });
    expect(comparedNs('cost', [{ value: 15, against: 100 }], 0.15).met).toBe(true);
  });

  it('is for the value otherwise, whatever the other side has', () => {
    expect(packets('wrong', 0, { against: 7, goal: 0 })).toMatchObject({
      against: 7,
      ratio: null,
      met: true,
    });
    expect(packets('wrong', 1, { against: 7, goal: 0 })).toMatchObject({ met: false });
  });

  it('that nobody set is neither met nor missed', () => {
    expect(ns('saver', 2.345)).toEqual({
      name: 'saver',
      value: 2.3,
      unit: 'ns',
      against: null,
      ratio: null,
      range: null,
      goal: null,
      met: null,
    });
  });
});
