import type { Step } from '@tsnctl/proxy';
import { describe, expect, it } from 'vitest';
import { renderSteps } from './steps.ts';

const create: Step = { do: 'create-tables' };
const attach: Step = { do: 'attach', role: 'strip', via: 'tcx', ifindex: 3, name: 'pod0' };

describe('renderSteps', () => {
  it.each([
    [[], false, false, 'nothing to do: all is as wanted\n'],
    [[attach], false, false, '1 step done:\n 1. attach strip to pod0 ingress, first in order\n'],
    [
      [create, attach],
      true,
      false,
      '2 steps would be taken:\n' +
        ' 1. load the programs and pin their tables\n' +
        '      bpftool prog loadall saver.bpf.o ... pinmaps /sys/fs/bpf/tsnctl/v1/maps\n' +
        ' 2. attach strip to pod0 ingress, first in order\n' +
        '      bpftool net attach tcx_ingress pinned .../strip dev pod0\n',
    ],
    [
      [attach],
      false,
      true,
      '1 step done:\n 1. attach strip to pod0 ingress, first in order\n' +
        '      bpftool net attach tcx_ingress pinned .../strip dev pod0\n',
    ],
  ])('%j, dry run %s, wide %s', (steps, dryRun, wide, text) => {
    expect(renderSteps(steps, { dryRun, wide })).toBe(text);
  });
});
