import type { Figure } from '@tsnctl/lab';
import { describe, expect, it } from 'vitest';
import { painter } from '../src/render/colour.ts';
import { renderFigures } from './render-figures.ts';

const none = { against: null, ratio: null, range: null, goal: null, met: null };
const cheap: Figure = {
  name: 'cost/ordinary/host',
  value: 2.9,
  unit: 'ns',
  against: 211.62,
  ratio: 0.0137,
  range: [-0.004, 0.042],
  goal: 0.15,
  met: true,
};
const dear: Figure = { ...cheap, name: 'cost/priority-only/host', ratio: 0.2164, met: false };
const part: Figure = { ...none, name: 'parts/slot', value: 5, unit: 'ns' };
const wrong: Figure = {
  ...none,
  name: 'misattribution/neighbour/host/wrong-priority',
  value: 0,
  unit: 'packets',
  against: 19997,
  goal: 0,
  met: true,
};

describe('renderFigures', () => {
  it('is a table, with the columns that it has, and a count of the goals', () => {
    expect(renderFigures([cheap, { ...part, unit: 'ms' }])).toBe(
      `\
FIGURE              VALUE  UNIT  AGAINST  RATIO        RANGE     GOAL  MET
cost/ordinary/host    2.9  ns      211.6   0.01  -0.00..0.04  <= 0.15  yes
parts/slot           5.00  ms
1 of 1 goals are met.
`,
    );
  });

  it('is a table for each group that has a title, and names the goals that are not met', () => {
    const titles = { cost: 'ns per packet', parts: 'ns each', misattribution: 'packets at the NIC' };
    expect(renderFigures([cheap, dear, part, wrong], undefined, titles)).toBe(
      `\
cost: ns per packet
FIGURE              VALUE  UNIT  AGAINST  RATIO        RANGE     GOAL  MET
ordinary/host         2.9  ns      211.6   0.01  -0.00..0.04  <= 0.15  yes
priority-only/host    2.9  ns      211.6   0.22  -0.00..0.04  <= 0.15  no

parts: ns each
FIGURE  VALUE  UNIT
slot      5.0  ns

misattribution: packets at the NIC
FIGURE                         VALUE  UNIT     AGAINST  GOAL  MET
neighbour/host/wrong-priority      0  packets    19997  <= 0  yes

2 of 3 goals are met.
Not met: cost/priority-only/host, 0.2164 where 0.15 is the goal.
`,
    );
  });

  it('colours what is met and what is not, on a terminal only', () => {
    const onTerminal = renderFigures([cheap, dear], painter({ isTTY: true }, {}));
    expect(onTerminal).toContain('\x1b[32myes\x1b[39m');
    expect(onTerminal).toContain('\x1b[31mno \x1b[39m');
    expect(renderFigures([cheap, dear])).not.toContain('\x1b');
  });
});
