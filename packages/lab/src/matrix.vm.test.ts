import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { kernelAtLeast } from '@tsnctl/linux';
import { abilities } from '@tsnctl/proxy';
import { useLeakCheck, virtualMachine } from '@tsnctl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPatched } from '../test/keep-patched.ts';
import { type MatrixMode, MatrixRow, type Outcome } from '../test/matrix.ts';
import type { RecordedRow } from '../test/paths-page.ts';
import { Lab } from './lab.ts';
import { matrixPaths } from './paths/matrix.ts';
import type { Limit, Path } from './paths/path.ts';
import { compileTalker, type TalkerProgram } from './staging.ts';

/** Those that tell most: one of each kind of border, of tunnel, of uplink, and what is cut into pieces. */
const SHORT = new Set([
  'l2-bridge-netfilter',
  'ipvs',
  'fragments-conntrack',
  'geneve',
  'ipip',
  'wireguard',
  'vlan',
  'bond-balance-xor',
  'multi-queue',
  'netkit-l3',
  'redirect-peer',
  'ipvlan-l3',
]);

const machine = virtualMachine();
const chosen = matrixPaths.filter(({ name }) => machine?.set === 'full' || SHORT.has(name));
const rows = chosen.flatMap((path) => modesOf(path).map((mode) => ({ path, mode })));
const recorded: RecordedRow[] = [];

useLeakCheck();

let lab: Lab;
let talker: TalkerProgram;

beforeAll(() => {
  lab = Lab.create();
  talker = compileTalker(lab);
  keepPatched(lab);
  for (const module of chosen.flatMap(({ modules = [] }) => modules)) execFileSync('modprobe', [module]);
});

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  const file = process.env.TSNCTL_MATRIX;
  if (!file) return;
  const kernel = /^\d+\.\d+/.exec(release())?.[0] ?? release();
  const { hostMode } = abilities();
  writeFileSync(file, JSON.stringify({ kernel, release: release(), hostMode, rows: recorded }));
});

describe('a path keeps priority and launch time', () => {
  it.for(rows)('$path.name, $mode', async ({ path, mode }) => {
    const limit = limitOf(path);
    if (limit?.shows === 'refused') {
      await expect(lay(path, mode)).rejects.toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
      return record(path, mode, []);
    }
    await using row = await lay(path, mode);
    const bare = await row.bare();
    if (!path.native) expect(bare.map(({ priority }) => priority)).toEqual(bare.map(() => 0));
    else expect(bare, 'without a proxy').toSatisfy((all: Outcome[]) => all.every(arrivesBut(limit)));

    if (path.outside) expect(bare.filter(({ astray }) => astray === 0)).toEqual([]);

    const outcomes = await row.attached();
    for (const outcome of outcomes) expect(outcome).toSatisfy(arrivesBut(limit));
    expect(row.wasTaken).toBe(true);
    if (path.segmented) expect(outcomes.filter(({ together }) => together)).toEqual([]);
    if (path.fragmentsOf) expect(datagrams(outcomes).filter(({ fragments }) => fragments < 3)).toEqual([]);
    if (path.segmentsCut)
      expect(outcomes.find(({ sender }) => sender === 'tcp-gso')).toMatchObject({ cut: true });
    for (const { where, early, late } of await row.receivers())
      expect({ where, early, late }).toEqual({ where, early: false, late: false });
    record(path, mode, outcomes);
  });
});

if (!abilities().hostMode) {
  it('host mode is refused, in words', async () => {
    const [path] = matrixPaths;
    if (!path) return;
    await using row = await MatrixRow.lay(path, 'host', talker);
    expect(() => row.attach()).toThrow(/does not show a pod's launch times at its host side/);
  });
}

function lay(path: Path, mode: MatrixMode): Promise<MatrixRow> {
  return MatrixRow.lay(path, mode, talker);
}

function modesOf({ native }: Path): MatrixMode[] {
  if (native) return ['native'];
  return abilities().hostMode ? ['host', 'pod'] : ['pod'];
}

/** What this kernel cannot do. */
function limitOf({ limits = [] }: Path): Limit | undefined {
  return limits.find(({ before }) => !kernelAtLeast(...before));
}

/** All is there; or exactly what the limit says is lost, with nothing wrong. */
function arrivesBut(limit: Limit | undefined) {
  const timeless = limit?.shows === 'launch time lost';
  return ({ sent, priority, launchTime, wrong, astray }: Outcome) =>
    wrong === 0 &&
    astray === 0 &&
    priority === sent &&
    (launchTime === null || launchTime === (timeless ? 0 : sent));
}

/** Of those that send one datagram at a time. */
function datagrams(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter(({ sender }) => sender.startsWith('udp') && sender !== 'udp-gso');
}

function record(path: Path, mode: MatrixMode, outcomes: readonly Outcome[]): void {
  const limit = limitOf(path);
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, outcome) => all + of(outcome), 0);
  recorded.push({
    path: path.name,
    mode,
    ...(limit ? { lost: limit.shows } : {}),
    records: sum(({ sent }) => sent),
    priority: sum(({ priority }) => priority),
    timed: sum(({ launchTime, sent }) => (launchTime === null ? 0 : sent)),
    launchTime: sum(({ launchTime }) => launchTime ?? 0),
    wrong: sum(({ wrong }) => wrong),
  });
}
