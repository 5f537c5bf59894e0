import { readFileSync } from 'node:fs';
import { AGENT_SOCKET, DEFAULT_DIRS, type RuntimeTraits } from '@tsnctl/cni';
import { clockState, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { type Family, listLinks, listQdiscs, listRoutes } from '@tsnctl/netlink';
import { libbpfVersion } from 'libbpf-ts';
import { findUplinks } from '../agent/find-uplinks.ts';
import { readConfDir } from '../chain/read-conf-dir.ts';
import { viewChain } from '../chain/view-chain.ts';
import type { Observed } from '../model.ts';
import { observe } from '../observe.ts';
import { Pins, requireBpffs } from '../pins.ts';
import { type Counters, Tables } from '../tables.ts';
import { type Fact, see, seen } from './fact.ts';
import type { NodeFacts } from './node-facts.ts';
import { readAgent } from './read/agent.ts';
import { readCgroup } from './read/cgroup.ts';
import { readCpus } from './read/cpus.ts';
import { readDaemons } from './read/daemons.ts';
import { readHooks } from './read/hooks.ts';
import { readKernel } from './read/kernel.ts';

import { readNics } from './read/nics.ts';
import { readProcess } from './read/process.ts';
import { readPtpClocks } from './read/ptp-clocks.ts';

export interface ReadNodeOptions {
  readonly bpffs?: string;
  /** Where the agent listens. */
  readonly socket?: string;
  /** The runtime's configuration directory. */
  readonly confDir?: string;
  readonly runtime?: RuntimeTraits;
}

const SYSCTLS = ['net.core.default_qdisc', 'net.ipv4.ip_forward_update_priority'];

/** Look at everything that doctor asks about. What cannot be seen says why; nothing is changed. */
export async function readNode(netns: NetNs, options: ReadNodeOptions = {}): Promise<NodeFacts> {
  const pins = new Pins(netns.cookie, options.bpffs);
  const proxy = see(() => observe(netns, pins));
  const links = see(() => ask(netns, (socket) => socket.request(listLinks())));
  const names = (seen(links) ?? []).map(({ name }) => name);
  const uplinks = see(() => uplinksOf(netns, proxy));
  return {
    kernel: readKernel(),
    process: readProcess(),
    libbpf: see(libbpfVersion),
    bpffs: see(() => hasBpffs(options.bpffs)),
    cgroup: see(readCgroup),
    sysctls: Object.fromEntries(SYSCTLS.map((name) => [name, see(() => netns.run(() => readSysctl(name)))])),
    proxy,
    links,
    qdiscs: see(() => ask(netns, (socket) => socket.request(listQdiscs({})))),
    uplinks,
    hooks: see(() => readHooks(netns, hookedInterfaces(proxy, uplinks), required(proxy).attachments)),
    counters: see(() => countersOf(pins, required(proxy))),
    nics: see(() => readNics(netns, names)),
    ptpClocks: see(readPtpClocks),
    time: see(clockState),
    daemons: see(readDaemons),
    agent: await readAgent(options.socket ?? AGENT_SOCKET),
    chain: see(() => {
      const directory = options.confDir ?? DEFAULT_DIRS.confDir;
      const runtime = options.runtime ?? { name: 'containerd', dropIns: false };
      return { directory, view: viewChain(readConfDir(directory), runtime) };
    }),
    cpus: see(readCpus),
  };
}

function ask<T>(netns: NetNs, request: (socket: NetlinkSocket) => T): T {
  using socket = NetlinkSocket.open({ netns });
  return request(socket);
}

function hasBpffs(path: string | undefined): boolean {
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

/** Those that are attached, and those that would be found. */
function uplinksOf(netns: NetNs, proxy: Fact<Observed>): { name: string; why: string }[] {
  const { interfaces, uplinks } = required(proxy);
  const routes = ([4, 6] as const satisfies Family[]).flatMap((family) =>
    ask(netns, (socket) => socket.request(listRoutes({ family }))),
  );
  const attached = uplinks.flatMap(({ ifindex }) => {
    const name = interfaces.find((link) => link.ifindex === ifindex)?.name;
    return name === undefined ? [] : [{ name, why: 'it is attached' }];
  });
  const found = findUplinks({ interfaces }, routes);
  return [...attached, ...found.filter(({ name }) => attached.every((one) => one.name !== name))];
}

function hookedInterfaces(
  proxy: Fact<Observed>,
  uplinks: Fact<readonly { readonly name: string }[]>,
): { ifindex: number; name: string; direction: 'ingress' | 'egress' }[] {
  const { interfaces } = required(proxy);
  const leaving = new Set((seen(uplinks) ?? []).map(({ name }) => name));
  return interfaces.flatMap(({ ifindex, name, podSide }) => [
    ...(podSide ? [{ ifindex, name, direction: 'ingress' as const }] : []),
    ...(leaving.has(name) ? [{ ifindex, name, direction: 'egress' as const }] : []),
  ]);
}

function countersOf(pins: Pins, { tables, pods }: Observed): Map<number, Counters> {
  if (!tables) return new Map();
  using open = new Tables(pins);
  return new Map(pods.map(({ ifindex }) => [ifindex, open.counters('pod', ifindex) ?? {}]));
}

function required<T>(fact: Fact<T>): T {
  if ('seen' in fact) return fact.seen;
  throw new Error(fact.unseen);
}
