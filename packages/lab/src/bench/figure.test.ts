import { describe, expect, it } from 'vitest';
import { compared, measured } from './figure.ts';

describe('a goal', () => {
  it('is for the ratio where there is one, before it is rounded', () => {
    const pairs = [{ value: 15.0041, against: 100 }];
    expect(compared('cost', 'ns', pairs, 0.15)).toEqual({
      name: 'cost',
      value: 15.004,
      unit: 'ns',
      against: 100,
      ratio: 0.15,
      range: [0.15, 0.15],
      goal: 0.15,
      met: false,
    });
    expect(compared('cost', 'ns', [{ value: 15, against: 100 }], 0.15).met).toBe(true);
  });

  it('is for the value otherwise, whatever the other side has', () => {
    expect(measured('wrong', 'packets', 0, { against: 7, goal: 0 })).toMatchObject({
      against: 7,
      ratio: null,
      met: true,
    });
    expect(measured('wrong', 'packets', 1, { against: 7, goal: 0 })).toMatchObject({ met: false });
  });

  it('that nobody set is neither met nor missed', () => {
    expect(measured('saver', 'ns', [2.3456, 9, 1])).toEqual({
      name: 'saver',
      value: 2.346,
      unit: 'ns',
      against: null,
      ratio: null,
      range: null,
      goal: null,
      met: null,
    });
  });
});
