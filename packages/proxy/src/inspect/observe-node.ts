import { accessSync, constants } from 'node:fs';
import { release } from 'node:os';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { type Family, listClasses, listLinks, listQdiscs, listRoutes } from '@tsnctl/netlink';
import { BpfLink } from 'libbpf-ts';
import { findUplinks } from '../agent/find-uplinks.ts';
import { OwnedFile } from '../agent/owned.ts';
import { Records } from '../cni/records.ts';
import { interfacesOf } from '../interfaces-of.ts';
import { lookAgain } from '../look-again.ts';
import type { Hook, Observed } from '../model.ts';
import { observe } from '../observe.ts';
import { Pins } from '../pins.ts';
import { Tables } from '../tables.ts';
import { TuneMemory } from '../tune/tune-memory.ts';
import type { NodeObservations, PinnedLink } from './observations.ts';
import { type Refused, readHooks } from './read-hooks.ts';
import type { Unseen } from './schema.ts';

export interface ObserveNodeOptions {
  readonly netns: NetNs;
  /** As the user named it; null where it is this process's own. */
  readonly name?: string | null;
  readonly bpffs?: string;
  /** The agent's records; none are read where this is null. */
  readonly state?: string | null;
  /** What `tsnctl tune` remembers. */
  readonly tuneState?: string;
  readonly now?: Date;
}

/** Look at all there is on a node. What this process may not see is told in `unseen`. */
export function observeNode(options: ObserveNodeOptions): NodeObservations {
  return lookAgain(() => look(options));
}

function look(options: ObserveNodeOptions): NodeObservations {
  const { netns, name = null, bpffs, state, tuneState, now = new Date() } = options;
  const unseen = new UnseenParts();
  const refused: Refused = (what, error) => unseen.add(what, error);
  const attempt = <T>(what: string, look: () => T, otherwise: T): T => unseen.attempt(what, look, otherwise);
  using socket = NetlinkSocket.open({ netns });
  const links = socket.request(listLinks());
  const qdiscs = socket.request(listQdiscs());
  const routes = ([4, 6] as const satisfies Family[]).flatMap((family) =>
    attempt('routes', () => socket.request(listRoutes({ family })), []),
  );
  const interfaces = interfacesOf(links, qdiscs);
  const pins = new Pins(netns.cookie, bpffs);
  const looked = attempt('what of ours is attached, policies and counters', () => ourPart(netns, pins), {});
  const pinned = attempt('our pinned links', () => pins.links().map(pinnedLink), []);
  const { observed } = looked;
  const inside = pinned.filter(({ hook }) => hook === 'inside').map(({ ifindex }) => ifindex);
  for (const found of observed?.attachments ?? []) if (found.role === 'pod_saver') inside.push(found.ifindex);
  return {
    observedAt: now,
    kernel: release(),
    netns: { name, cookie: netns.cookie },
    links,
    qdiscs,
    classes: interfaces
      .filter(({ podSide, ifindex }) => !podSide || restores(ifindex, observed))
      .flatMap(({ ifindex: index }) => socket.request(listClasses({ index }))),
    candidates: findUplinks({ interfaces }, routes),
    hooks: readHooks(netns, { links, qdiscs }, [...new Set(inside)], refused),
    observed,
    ...(looked.foreignPin && { foreignPin: looked.foreignPin }),
    pinned,
    tuned: attempt(
      'what tsnctl tune has put on interfaces',
      () => new TuneMemory(netns, tuneState).given(),
      [],
    ),
    counters: observed ? attempt('counters', () => readCounters(observed, pins), []) : [],
    ...(state === null
      ? { records: [], decided: [] }
      : attempt("the agent's records", () => agentPart(new Records(state)), { records: [], decided: [] })),
    unseen: unseen.list,
  };
}

function agentPart(records: Records): Pick<NodeObservations, 'records' | 'decided'> {
  return { records: records.list(), decided: new OwnedFile(records.directory).read().decided };
}

function ourPart(
  netns: NetNs,
  pins: Pins,
): { observed?: Observed; foreignPin?: NodeObservations['foreignPin'] } {
  accessSync(pins.root, constants.R_OK | constants.X_OK); // or what is there looks as if it were not
  try {
    return { observed: observe(netns, pins) };
  } catch (error) {
    if (!(error instanceof TsnctlError) || error.code !== 'FOREIGN_PIN') throw error;
    return { foreignPin: { message: error.message, hint: error.hint ?? 'rm its path' } };
  }
}

function restores(ifindex: number, observed: Observed | undefined): boolean {
  return observed?.attachments.some((it) => it.ifindex === ifindex && it.role === 'restorer') ?? false;
}

function pinnedLink(path: string): PinnedLink {
  using link = BpfLink.pinned(path);
  const { id, ifindex } = link.info();
  const { host, hook } = Pins.placeOf(path);
  return { path, ifindex: host, hook: hook as Hook, linkId: id, target: ifindex };
}

function readCounters({ tables: there, pods, uplinks }: Observed, pins: Pins): NodeObservations['counters'] {
  if (!there) return [];
  using tables = new Tables(pins);
  const read = (of: 'pod' | 'uplink', rows: readonly { ifindex: number }[]) =>
    rows.flatMap(({ ifindex }) => {
      const counters = tables.counters(of, ifindex);
      const byPriority = tables.countersByPriority(of, ifindex)?.[COMMON[of]] ?? [];
      return counters ? [{ of, ifindex, counters, byPriority }] : [];
    });
  return [...read('pod', pods), ...read('uplink', uplinks)];
}

/** What is counted for every packet that is carried. */
const COMMON = { pod: 'saved', uplink: 'restored' } as const;

/** What is refused for want of privileges is told once for each reason; anything else is an error. */
class UnseenParts {
  readonly #parts = new Map<string, Unseen>();

  get list(): Unseen[] {
    return [...this.#parts.values()];
  }

  add(what: string, error: unknown): void {
    if (!isErrno(error, 'EPERM', 'EACCES', 'ENOSYS')) throw error;
    const why = error instanceof Error ? error.message : String(error);
    this.#parts.set(what, { what, why, mend: isErrno(error, 'ENOSYS') ? NO_BPF : AS_ROOT });
  }

  attempt<T>(what: string, look: () => T, otherwise: T): T {
    try {
      return look();
    } catch (error) {
      this.add(what, error);
      return otherwise;
    }
  }
}

const AS_ROOT = 'sudo tsnctl inspect; or with CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN';
const NO_BPF = 'a kernel with CONFIG_BPF_SYSCALL, and a seccomp profile that allows bpf';
