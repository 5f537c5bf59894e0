import { setImmediate, setTimeout } from 'node:timers/promises';
import { TsnctlError } from '@tsnctl/codec';
import type { Host } from '../host.ts';
import { type Observation, Observer } from '../observer.ts';
import { NIC } from '../stage.ts';
import { onCpu, RecordSocket } from './alternate.ts';
import { type Figure, measured } from './figure.ts';
import { type Flow, flood } from './flood.ts';
import type { Bench, Part } from './part.ts';
import { type Design, type Pod, Rig, SINK_PORT } from './rig.ts';
import { addVerdicts, judgeAll, nothingJudged, type Verdict } from './verdict.ts';

/** A pod that is loud, one that is judged beside it, and a third that nobody serves in. */
interface Pods {
  loud: Pod;
  judged: Pod;
  other: Pod;
}

interface Case {
  name: string;
  /** Its part of all judged packets. */
  share: number;
  /** Send so that about `count` packets reach the NIC. */
  traffic(rig: Rig, pods: Pods, count: number, bench: Bench): Promise<void>;
}

/** Ports where nobody listens: in a pod, and for the node's forward chain to drop. */
const CLOSED_PORT = 9;
const DROPPED_PORT = 7099;
const INTERVAL_US = 50; // 20,000 packets a second

const DROPPING = `
table ip bench {
  chain dropping {
    type filter hook forward priority 0;
    udp dport ${DROPPED_PORT} drop
  }
}
`;

const cases: readonly Case[] = [
  { name: 'neighbour', share: 0.2, traffic: alternate },
  { name: 'two-senders', share: 0.4, traffic: (...given) => both(...given, {}) },
  {
    name: 'drops',
    share: 0.15,
    traffic: (...given) =>
      both(...given, { loudPort: DROPPED_PORT, intervalUs: INTERVAL_US, together: true }),
  },
  { name: 'launch-times', share: 0.15, traffic: (...given) => both(...given, { txtime: true }) },
  { name: 'bursts', share: 0.1, traffic: (...given) => both(...given, { intervalUs: INTERVAL_US }) },
];

/** Packets at the NIC with a priority or launch time that they did not ask for, ours beside the reference's. */
export const misattributionParts: readonly Part[] = cases.map((one) => ({
  title: `metadata of others: ${one.name}`,
  async run(bench) {
    const runs = (['host', 'pod', 'reference'] as const).map((design) => ({
      design,
      rig: judgedRig(bench, design),
      verdict: nothingJudged,
    }));
    for (const { rig } of runs) {
      rig.rig.stage.node.nft(DROPPING);
      await one.traffic(rig.rig, rig.pods, 2, bench); // they find the way
      await settle(rig.observer);
    }
    const wanted = Math.ceil(bench.effort.judgedThousands * 1000 * one.share);
    for (let sent = 0; sent < wanted; sent += CHUNK) {
      for (const run of runs) {
        const judged = await judgeChunk(one, run.rig, Math.min(CHUNK, wanted - sent), bench);
        run.verdict = addVerdicts(run.verdict, judged);
      }
    }
    const theirs = runs.at(-1)?.verdict ?? nothingJudged;
    return runs
      .slice(0, -1)
      .flatMap(({ design, verdict }) => figures(`${one.name}/${design}`, verdict, theirs));
  },
}));

/** Less than the observer holds. */
const CHUNK = 60_000;
const QUIET_MS = 10;

interface JudgedRig {
  rig: Rig;
  pods: Pods;
  observer: Observer;
}

function judgedRig(bench: Bench, design: Design): JudgedRig {
  const lab = bench.lab();
  const rig = new Rig(lab, design, { pods: 3, observed: true });
  const [loud, judged = loud, other = loud] = rig.pods;
  return { rig, pods: { loud, judged, other }, observer: lab.use(new Observer(rig.stage.node, NIC)) };
}

async function judgeChunk(
  one: Case,
  { rig, pods, observer }: JudgedRig,
  count: number,
  bench: Bench,
): Promise<Verdict> {
  await one.traffic(rig, pods, count, bench);
  const packets = await settle(observer);
  if (packets.length > 0) return judgeAll(packets);
  throw new TsnctlError('TRAFFIC_LOST', `${one.name}: none of ${count} packets came to the NIC`);
}

/** What was seen, once nothing more comes. */
async function settle(observer: Observer): Promise<Observation[]> {
  for (let before = -1; before !== observer.observed; ) {
    before = observer.observed;
    await setTimeout(QUIET_MS);
  }
  return observer.take();
}

function figures(name: string, ours: Verdict, theirs: Verdict): Figure[] {
  const beside = (what: keyof Verdict, goal: number | null) => ({ against: theirs[what], goal });
  return [
    measured(`misattribution/${name}/judged`, 'packets', ours.judged, beside('judged', null)),
    measured(
      `misattribution/${name}/wrong-priority`,
      'packets',
      ours.wrongPriority,
      beside('wrongPriority', 0),
    ),
    measured(`misattribution/${name}/wrong-time`, 'packets', ours.wrongTime, beside('wrongTime', 0)),
    measured(`misattribution/${name}/lost`, 'packets', ours.lost, beside('lost', 0)),
  ];
}

/**
 * On one CPU by turns: a packet of priority 6 that ends at a closed port of a third pod, and a packet of
 * priority 3 that goes to the NIC. The second gets the memory that the first has just left.
 */
async function alternate(
  rig: Rig,
  { loud, judged, other }: Pods,
  count: number,
  bench: Bench,
): Promise<void> {
  using first = new RecordSocket(
    loud.host,
    { address: other.address, port: CLOSED_PORT },
    { flow: 1, priority: 6 },
  );
  using second = new RecordSocket(
    judged.host,
    { address: rig.target, port: SINK_PORT },
    { flow: 2, priority: 3 },
  );
  for (let seq = 0; seq < count; ) {
    bench.signal?.throwIfAborted();
    {
      using _ = onCpu(bench.cpus[0] ?? 0);
      for (const end = Math.min(count, seq + 5000); seq < end; seq++) {
        first.send(seq);
        second.send(seq);
      }
    }
    await setImmediate();
  }
}

interface Both {
  /** Where the loud one sends to; to the NIC by default. */
  loudPort?: number;
  txtime?: boolean;
  intervalUs?: number;
  /** On one CPU, where they take turns. */
  together?: boolean;
}

/** Two senders with priorities of their own, each at its own pace. */
async function both(rig: Rig, { loud, judged }: Pods, count: number, bench: Bench, how: Both): Promise<void> {
  const { loudPort = SINK_PORT, txtime = false, intervalUs = 0, together = false } = how;
  const each = loudPort === SINK_PORT ? Math.ceil(count / 2) : count;
  const flow = (from: Host, priority: number, port: number, leadMs: number): Flow => ({
    from,
    to: rig.target,
    port,
    count: each,
    intervalUs,
    cpu: together ? bench.cpus[0] : undefined,
    asks: ['--priority', `${priority}`, ...(txtime ? ['--txtime', 'mono', '--lead-ms', `${leadMs}`] : [])],
  });
  const flows = [flow(loud.host, 6, loudPort, 100), flow(judged.host, 3, SINK_PORT, 50)];
  await flood(bench.talker, flows, bench.signal);
}
