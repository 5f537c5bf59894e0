import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { listClasses, listQdiscs, type Qdisc } from '@tsnctl/netlink';
import { type TestNamespace, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newerIproute2 } from '../../netlink/test/newer-iproute2-place.ts';
import type { Outcome, TsnForm } from '../../netlink/test/tsn-form.ts';
import { tsnForms } from '../../netlink/test/tsn-forms.ts';
import { kernelAtLeast } from './kernel-release.ts';

useLeakCheck();

let ns: TestNamespace;
let made = 0;
beforeAll(() => {
  ns = testNamespace();
});
afterAll(() => ns?.[Symbol.dispose]());

/** For what only that knows; where it was not fetched, such a form is tried without it. */
const newest = `${newerIproute2}/tc`;
const hasNewest = existsSync(newest);

describe('every form of a TSN qdisc, by us and by tc', () => {
  const forms = Object.entries(tsnForms).filter(([, { since }]) => !since || kernelAtLeast(...since));

  it.each(forms)('%s', async (_, form) => {
    const mine = device(form);
    const before = await settled(mine.index);
    expect(attempt(form, mine.index)).toEqual(matching(form.expected));
    if (form.expected !== 'done') expect(await settled(mine.index)).toEqual(before);
    if (form.newer && !hasNewest) return;

    const theirs = device(form);
    const words = form.tc.replace('dev lo', `dev ${theirs.name}`).split(' ');
    const { status, stderr } = run(form.newer ? newest : 'tc', ['qdisc', ...words]);
    expect({ status, stderr }).toMatchObject({ status: statusOf(form.expected, status) });
    if (form.expected === 'done') expect(await settled(mine.index)).toEqual(await settled(theirs.index));
  });
});

describe('the classes', () => {
  it.each([
    ['taprio-one-gate', 'taprio', 8],
    ['mqprio-eight-classes', 'mqprio', 16],
    ['cbs-defaults', 'cbs', 1],
  ])('of %s are of %s, and %i', (name, kind, count) => {
    const form = tsnForms[name] as TsnForm;
    const { index } = device(form);
    expect(attempt(form, index)).toBe('done');
    const classes = ns.socket.request(listClasses({ index }));
    expect(classes.filter((it) => it.kind === kind)).toHaveLength(count);
  });
});

/** A device of its own, with what the form needs before it. */
function device({ queues = 8, after = [] }: TsnForm): { index: number; name: string } {
  const name = `d${made++}`;
  const index = ns.add({ kind: 'veth', name, numTxQueues: queues, peer: { name: `p${name}` } });
  for (const before of after) ns.socket.request((tsnForms[before] as TsnForm).ours(index));
  return { index, name };
}

function attempt({ ours }: TsnForm, index: number): Outcome {
  try {
    ns.socket.request(ours(index));
    return 'done';
  } catch (error) {
    if (!(error instanceof TsnctlError)) throw error;
    return error.code === 'SPEC' ? { spec: error.message } : { refused: error.message };
  }
}

function matching(expected: Outcome): unknown {
  if (expected === 'done') return 'done';
  if ('spec' in expected) return expected;
  const { refused } = expected;
  return {
    refused: typeof refused === 'string' ? expect.stringContaining(refused) : expect.stringMatching(refused),
  };
}

/** What tc exits with: 2 where the kernel refuses; where we refuse before, it may have done so, too. */
function statusOf(expected: Outcome, status: number | null): number | null {
  if (expected === 'done') return 0;
  if ('refused' in expected) return 2;
  return status === 0 ? 1 : status;
}

/** What is there when each schedule to come has come into force: all of them begin in the past. */
function settled(index: number): Promise<Partial<Qdisc>[]> {
  return vi.waitFor(
    () => {
      const qdiscs = qdiscsOf(index);
      expect(qdiscs.filter(({ options }) => Object.hasOwn(options ?? {}, 'admin'))).toEqual([]);
      return qdiscs;
    },
    { timeout: 30_000 },
  );
}

/** What is there, but for what two devices differ in. */
function qdiscsOf(index: number): Partial<Qdisc>[] {
  return ns.socket
    .request(listQdiscs({ index }))
    .map(({ kind, handle, parent, options }) => ({
      kind,
      handle: handle >= 0x8000_0000 ? 0 : handle, // the kernel's own choice
      parent: parent >>> 0 >= 0x8000_0000 && parent !== 0xffff_ffff ? 0 : parent,
      ...(options !== undefined && { options }),
    }))
    .sort((a, b) => a.parent - b.parent || a.kind.localeCompare(b.kind));
}

function run(program: string, words: string[]) {
  return ns.netns.run(() => spawnSync(program, words, { encoding: 'utf8' }));
}
