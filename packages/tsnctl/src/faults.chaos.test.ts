import type { Observation } from '@tsnctl/lab';
import { useLeakCheck } from '@tsnctl/testkit';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { recordRow } from '../../lab/test/chaos/record.ts';
import { carrier, word } from '../../lab/test/word.ts';
import { ChaosNode, PATIENCE } from '../test/chaos/chaos-node.ts';
import type { Fault } from '../test/chaos/fault.ts';
import { FAULTS } from '../test/chaos/faults.ts';
import { killRunning } from '../test/cli.ts';
import { requireMachine, skipFor } from '../test/requirements.ts';

useLeakCheck();

const full = process.env.TSNCTL_CHAOS === 'full';
const names = Object.keys(FAULTS).filter((name) => full || FAULTS[name]?.full !== true);
const took = new Map<string, number>();
/** On a machine at rest. Told and not asserted: another process may have the processors. */
const LIMIT_MS = 2_000;

/** So many packets in a row: then they pass. */
const FLOWING = 400;

let node: ChaosNode | undefined;
beforeEach(requireMachine);
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  await end(); // the next one finds a node that is well
});
afterAll(async () => {
  await end();
  for (const [name, ms] of took) {
    console.log(`${Math.round(ms)} ms until ${name} was mended${ms > LIMIT_MS ? ': more than 2 s' : ''}`);
  }
});

async function end(): Promise<void> {
  await killRunning();
  await node?.[Symbol.asyncDispose]();
  node = undefined;
}

it.for(names)('%s: no packet has what it did not ask for, and all is as before', async (name, context) => {
  node ??= await ChaosNode.start();
  const here = node;
  const fault: Fault = FAULTS[name] ?? expect.fail();
  skipFor(context, fault.needs?.());
  here.says();
  const traffic = await here.traffic();
  await using _ = traffic;
  const takeAway = await fault.do(here);
  if (fault.says) {
    let said = '';
    await expect.poll(() => (said += `${here.says()}\n`), PATIENCE).toMatch(fault.says);
  }
  await takeAway?.();
  const mendedMs = await here.mended(fault);
  took.set(name, mendedMs);
  // A link that was down has to find its neighbours again.
  const before = traffic.passed;
  await expect.poll(() => traffic.passed, PATIENCE).toBeGreaterThan(before + FLOWING);
  const { missing, observations } = await traffic.stop();
  const wrong = observations.filter((packet) => !isRight(packet));
  const ownWords = wrong.filter(isOwnWord);
  expect(fault.takes === 'restorer' ? wrong.filter((packet) => !isOwnWord(packet)) : wrong).toEqual([]);
  if (fault.takes !== 'packets') expect(missing).toBe(0);
  await here.carries();
  await expect.poll(() => here.descriptors, PATIENCE).toBeLessThanOrEqual(here.mayHaveDescriptors);
  recordRow({
    what: 'fault',
    name,
    packets: observations.length,
    missing,
    bare: observations.filter((packet) => isRight(packet) && !hasAll(packet)).length,
    ownWords: ownWords.length,
    mendedMs: Math.round(mendedMs),
    said: fault.says !== undefined,
    ...(fault.takes && { takes: fault.takes }),
  });
});

/** It has of what it asked for all, a part or nothing. */
function isRight({ priority, asked_priority, tstamp, asked_time_ns }: Observation): boolean {
  return [0, asked_priority].includes(priority) && [0n, asked_time_ns].includes(tstamp);
}

function hasAll({ priority, asked_priority, tstamp, asked_time_ns }: Observation): boolean {
  return priority === asked_priority && tstamp === asked_time_ns;
}

/** What the packet itself asked for, as the saver wrote it: docs/how-it-works.md draws it. */
function isOwnWord({ priority, asked_priority, tstamp, asked_time_ns }: Observation): boolean {
  const clock = asked_time_ns === 0n ? carrier.none : carrier.mono;
  const own = word({ priority: asked_priority, clock, timeNs: asked_time_ns });
  return priority === 0 && tstamp === own;
}
