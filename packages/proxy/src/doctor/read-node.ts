import { readFileSync } from 'node:fs';
import { AGENT_SOCKET, type RuntimeTraits } from '@tsnctl/cni';
import { clockState, type NetNs } from '@tsnctl/linux';
import { libbpfVersion } from 'libbpf-ts';
import { findRuntime } from '../chain/find-runtime.ts';
import { readConfDir } from '../chain/read-conf-dir.ts';
import { readsDropIns } from '../chain/reads-drop-ins.ts';
import { viewChain } from '../chain/view-chain.ts';
import { hookSnapshots } from '../inspect/hooks.ts';
import type { NodeObservations } from '../inspect/observations.ts';
import { observeNode } from '../inspect/observe-node.ts';
import { BPFFS, requireBpffs } from '../pins.ts';
import { type Fact, see, seen } from './fact.ts';
import type { HookFacts, NodeFacts } from './node-facts.ts';
import { readAgent } from './read/agent.ts';
import { readCgroup } from './read/cgroup.ts';
import { readChrony } from './read/chrony.ts';
import { readCpus } from './read/cpus.ts';
import { readDaemons } from './read/daemons.ts';
import { readKernel } from './read/kernel.ts';
import { readNics } from './read/nics.ts';
import { readProcess } from './read/process.ts';

export interface ReadNodeOptions {
  readonly bpffs?: string;
  /** Where the agent listens. */
  readonly socket?: string;
  /** The runtime's configuration directory; otherwise where its own configuration says. */
  readonly confDir?: string;
}

const SYSCTLS = ['net.core.default_qdisc', 'net.ipv4.ip_forward_update_priority'];

/** Look at everything that doctor asks about. What cannot be seen says why; nothing is changed. */
export async function readNode(netns: NetNs, options: ReadNodeOptions = {}): Promise<NodeFacts> {
  const { bpffs = BPFFS, socket = AGENT_SOCKET, confDir } = options;
  const node = observeNode({ netns, state: null, bpffs });
  const uplinks = uplinksOf(node);
  const daemons = see(readDaemons);
  return {
    places: { bpffs, socket },
    kernel: readKernel(),
    process: readProcess(),
    libbpf: see(libbpfVersion),
    bpffs: see(() => hasBpffs(bpffs)),
    cgroup: see(readCgroup),
    sysctls: Object.fromEntries(SYSCTLS.map((name) => [name, see(() => netns.run(() => readSysctl(name)))])),
    proxy: node.observed ? { seen: node.observed } : unseenIn(node),
    links: { seen: node.links },
    qdiscs: { seen: node.qdiscs },
    uplinks: { seen: uplinks },
    hooks: hooksOf(node),
    counters: node.observed ? { seen: countersOf(node) } : unseenIn(node),
    nics: see(() =>
      readNics(
        netns,
        node.links.filter((link) => uplinks.some(({ name }) => name === link.name)),
      ),
    ),
    time: see(clockState),
    daemons,
    phcSources: see(() => readChrony(seen(daemons) ?? [])),
    agent: await readAgent(socket),
    chain: see(() => chainOf(confDir)),
    cpus: see(readCpus),
  };
}

function hasBpffs(path: string): boolean {
  try {
    requireBpffs(path);
    return true;
  } catch {
    return false;
  }
}

/** /proc/sys/net shows the values of the namespace that one is in. */
function readSysctl(name: string): string {
  return readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim();
}

/** Those that are attached, and those that look like some. */
function uplinksOf({ links, observed, candidates }: NodeObservations): { name: string; why: string }[] {
  const attached = (observed?.uplinks ?? []).flatMap(({ ifindex }) => {
    const name = links.find((link) => link.index === ifindex)?.name;
    return name === undefined ? [] : [{ name, why: 'it is attached' }];
  });
  return [...attached, ...candidates.filter(({ name }) => attached.every((one) => one.name !== name))];
}

function hooksOf(node: NodeObservations): Fact<HookFacts[]> {
  const blind = node.unseen.find(({ what }) => what.startsWith('tcx programs'));
  if (blind) return { unseen: blind.why };
  return {
    seen: hookSnapshots(node).flatMap(({ interface: name, hook, programs }) =>
      hook === 'inside'
        ? []
        : [
            {
              interface: name,
              direction: hook,
              programs: programs.map(({ name: label, role }) => ({ name: label, ...(role && { role }) })),
            },
          ],
    ),
  };
}

function countersOf({
  counters,
}: NodeObservations): NonNullable<Extract<NodeFacts['counters'], { seen: unknown }>['seen']> {
  return new Map(
    counters.filter(({ of }) => of === 'pod').map(({ ifindex, counters: counts }) => [ifindex, counts]),
  );
}

/** Why what of ours is there could not be seen. */
function unseenIn({ unseen, foreignPin }: NodeObservations): { unseen: string } {
  return { unseen: foreignPin?.message ?? unseen[0]?.why ?? 'not seen' };
}

function chainOf(confDir: string | undefined) {
  const runtime = confDir === undefined ? findRuntime() : undefined;
  const directory = confDir ?? runtime?.confDir ?? '';
  const dir = readConfDir(directory);
  const traits: RuntimeTraits = {
    name: runtime?.name ?? 'containerd',
    dropIns: readsDropIns(dir),
    defaultNetwork: runtime?.defaultNetwork,
    maxConfNum: runtime?.maxConfNum,
  };
  return { directory, view: viewChain(dir, traits) };
}
