import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { measured, quantile } from '@tsnctl/lab';
import { NetlinkEvents } from '@tsnctl/linux';
import { inCluster, policyChanges } from './in-cluster.ts';
import { BenchNode } from './node.ts';
import type { AgentEffort, AgentPart } from './part.ts';

export const agentEfforts: Record<'full' | 'quick', AgentEffort> = {
  full: { comers: 100, pods: 250, idleMs: 65_000, policyChanges: 50 },
  quick: { comers: 20, pods: 50, idleMs: 5_000, policyChanges: 10 },
};

const EVERY_MS = 50; // 20 pods a second
const PATIENCE_MS = 10_000;
/** How often Prometheus asks where nobody has said otherwise for a cluster's nodes. */
const SCRAPE_MS = 15_000;
const CARRIED = 'policies: [{match: {interface: "pod*"}, allow: 5-6, txtime: true}]\n';

/** From the kernel's telling of a new interface until the program on it is pinned: after it has begun to work. */
const follow: AgentPart = {
  title: 'new pods, 20 a second, until each is attached',
  async run(program, { comers }, signal) {
    await using bench = BenchNode.create(program, CARRIED);
    await bench.start();
    let told = 0;
    using events = NetlinkEvents.open({
      netns: bench.node.netns,
      groups: ['link'],
      onEvents: () => {
        told = performance.now();
      },
      onLost: () => undefined,
    });
    const took: number[] = [];
    for (let at = 0; at < comers; at++) {
      signal.throwIfAborted();
      const next = performance.now() + EVERY_MS;
      const ifindex = bench.addPod();
      events.drain();
      const start = told;
      const pin = bench.pins.link(ifindex, 'ingress');
      while (!existsSync(pin) && performance.now() - start < PATIENCE_MS) await setTimeout(0.5);
      took.push(performance.now() - start);
      await setTimeout(Math.max(0, next - performance.now()));
    }
    return [
      measured('attach/median', 'ms', took, { goal: 25 }),
      measured('attach/95-percent', 'ms', quantile(took, 0.95)),
      measured('attach/slowest', 'ms', Math.max(...took)),
    ];
  },
};

/** Programs on pods that run, then an agent that finds them so, then one that has nothing to do. */
const stay: AgentPart = {
  title: 'first install, start among pins, idle, scraped every 15 s',
  async run(program, { pods, idleMs }, signal) {
    await using bench = BenchNode.create(program, CARRIED);
    for (let at = 0; at < pods; at++) bench.addPod();
    const first = await bench.start();
    await bench.stop();
    const starts: number[] = [];
    for (let round = 0; round < 3; round++) {
      signal.throwIfAborted();
      starts.push(await bench.start());
      if (round < 2) await bench.stop();
    }
    await setTimeout(2_000, undefined, { signal });
    const idle = await share(bench, () => setTimeout(idleMs, undefined, { signal }));
    const scraped = await share(bench, async () => {
      for (let left = idleMs; left > 0; left -= SCRAPE_MS) {
        await bench.scrape();
        await setTimeout(Math.min(left, SCRAPE_MS), undefined, { signal });
      }
    });
    const { residentMb, fileMb } = bench.memory; // after two minutes with everything that a user has it do
    return [
      measured(`start/first-install-${pods}-pods`, 'ms', first),
      measured(`start/adopt-${pods}-pods`, 'ms', starts, { goal: 2_000 }),
      measured('idle/cpu-of-a-core', '%', idle, { goal: 0.5 }),
      measured('scraped/cpu-of-a-core', '%', scraped),
      measured('scraped/resident', 'MB', residentMb, { goal: 90 }),
      measured('scraped/resident-anonymous', 'MB', residentMb - fileMb),
      measured('scraped/resident-of-files', 'MB', fileMb),
    ];
  },
};

/** What the agent takes of a core, meanwhile. */
async function share(bench: BenchNode, meanwhile: () => Promise<unknown>): Promise<number> {
  const [cpu, at] = [bench.cpuMs, performance.now()];
  await meanwhile();
  return (100 * (bench.cpuMs - cpu)) / (performance.now() - at);
}

export const agentParts: readonly AgentPart[] = [follow, stay, inCluster, policyChanges];
