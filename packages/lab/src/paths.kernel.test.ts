import { requires, useLeakCheck } from '@tsnctl/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { NEEDS } from '../test/plane.ts';
import { isWhole } from './demo.ts';
import { Lab } from './lab.ts';
import { paths } from './paths/index.ts';
import { l2Bridge } from './paths/l2-bridge.ts';
import { masquerade } from './paths/masquerade.ts';
import { ptp } from './paths/ptp.ts';
import { nodePort } from './paths/services.ts';
import { vxlan } from './paths/vxlan.ts';
import { runPath } from './run-path.ts';
import { senders } from './senders.ts';
import { stageTalker, type TalkerProgram } from './staging.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const COUNT = 30;

describe('unchanged, unprivileged applications in a pod', () => {
  let lab: Lab | undefined;
  let talker: TalkerProgram | undefined;

  afterAll(() => lab?.[Symbol.asyncDispose]());

  it.for(paths)('keep priority and launch time: $title', async (path) => {
    lab ??= Lab.create();
    talker ??= stageTalker(lab); // once: its compile cache serves every path
    const rows = await runPath(path, { talker, count: COUNT });
    expect(rows).toHaveLength(senders.length * 2);
    for (const row of rows) {
      expect(row).toSatisfy(isWhole);
      expect(row).toMatchObject({ sent: COUNT, without: { priority: 0 }, with: { wrong: 0 } });
    }
  });

  it.for([
    { path: l2Bridge, mode: 'pod', via: 'tcx' },
    { path: nodePort, mode: 'pod', via: 'tcx' },
    { path: vxlan, mode: 'pod', via: 'tcx' },
    { path: ptp, mode: 'host', via: 'clsact' },
    { path: masquerade, mode: 'pod', via: 'clsact' },
  ] as const)('also in $mode mode by $via: $path.title', async ({ path, mode, via }) => {
    lab ??= Lab.create();
    talker ??= stageTalker(lab);
    const rows = await runPath(path, { talker, count: COUNT, mode, via });
    for (const row of rows) expect(row, `${mode} mode by ${via}`).toSatisfy(isWhole);
  });
});
