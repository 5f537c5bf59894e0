import { readdirSync, statSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno, NetlinkSocket, NetNs } from '@tsnctl/linux';
import { getLink, getNsid } from '@tsnctl/netlink';
import type { Direction } from 'libbpf-ts';
import { type Hook, hookOf, type Role } from './model.ts';

/** Where a program stands: `ifindex` and `name` are those of the host side, also for what is inside a pod. */
export interface Place {
  ifindex: number;
  name: string;
  role: Role;
  /** A path of the pod's network namespace, where it is known. */
  netns?: string;
}

/** The same as the kernel wants it. */
export interface KernelPlace {
  netns: NetNs;
  ifindex: number;
  direction: Direction;
}

const directions: Record<Hook, Direction> = { ingress: 'ingress', egress: 'egress', inside: 'egress' };

/** Do something at a place, in whichever namespace that is. Who asks for many places brings `peers`. */
export function at<T>(
  home: NetNs,
  { ifindex, role, netns: known }: Omit<Place, 'name'>,
  action: (place: KernelPlace) => T,
  peers = new Peers(home),
): T {
  const hook = hookOf[role];
  const direction = directions[hook];
  if (hook !== 'inside') return action({ netns: home, ifindex, direction });
  const peer = peers.open(ifindex, known);
  using netns = peer.netns;
  return action({ netns, ifindex: peer.ifindex, direction });
}

/**
 * The other ends of a namespace's pairs. Each namespace of this machine is looked at once at most: one that
 * comes later is not seen.
 */
export class Peers {
  readonly #home: NetNs;
  readonly #unseen = namespaces();
  readonly #paths = new Map<number, string>();

  constructor(home: NetNs) {
    this.#home = home;
  }

  /**
   * The other end of a pair, and the namespace that it lies in: the one at `path`, if it is that one.
   * @throws TsnctlError NO_POD_NAMESPACE
   */
  open(ifindex: number, path?: string): { netns: NetNs; ifindex: number } {
    using socket = NetlinkSocket.open({ netns: this.#home });
    const [link] = socket.request(getLink({ index: ifindex }));
    const nsid = link?.linkNetnsid;
    if (!link || link.link === undefined || nsid === undefined) throw noPeer(link?.name ?? `if${ifindex}`);
    const netns =
      openKnown(socket, nsid, path) ??
      openKnown(socket, nsid, this.#paths.get(nsid)) ??
      this.#search(socket, nsid);
    if (netns) return { netns, ifindex: link.link };
    throw noPeer(link.name);
  }

  #search(socket: NetlinkSocket, nsid: number): NetNs | undefined {
    for (let next = this.#unseen.next(); !next.done; next = this.#unseen.next()) {
      const netns = tryOpen(next.value);
      if (!netns) continue;
      const id = idOf(socket, netns);
      if (id !== undefined) this.#paths.set(id, next.value);
      if (id === nsid) return netns;
      netns[Symbol.dispose]();
    }
    return undefined;
  }
}

/** A path may name another namespace by now. */
function openKnown(socket: NetlinkSocket, nsid: number, path: string | undefined): NetNs | undefined {
  const netns = path === undefined ? undefined : tryOpen(path);
  if (!netns || idOf(socket, netns) === nsid) return netns;
  netns[Symbol.dispose]();
  return undefined;
}

/** The number by which the socket's namespace knows another one; negative where it knows it by none. */
function idOf(socket: NetlinkSocket, netns: NetNs): number | undefined {
  return socket.request(getNsid({ netnsFd: netns.fd }))[0];
}

/** A path to each namespace that has a process or a name, each namespace once. */
function* namespaces(): Generator<string> {
  const seen = new Set<number>();
  for (const path of pathsOfNamespaces()) {
    const inode = inodeOf(path);
    if (inode === undefined || seen.has(inode)) continue;
    seen.add(inode);
    yield path;
  }
}

/** Names first: they are few, and pods have them. */
function* pathsOfNamespaces(): Generator<string> {
  for (const name of NetNs.names()) yield `/run/netns/${name}`;
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) yield `/proc/${name}/ns/net`;
}

/** Processes end while they are looked at, and some may not be looked at. */
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function tryOpen(path: string): NetNs | undefined {
  try {
    return NetNs.open(path);
  } catch (error) {
    if (isErrno(error, 'NO_NAMESPACE', 'EACCES', 'EPERM', 'ESRCH')) return undefined;
    throw error;
  }
}

function noPeer(name: string): TsnctlError {
  return new TsnctlError('NO_POD_NAMESPACE', `the namespace of the pod behind ${name} is not to be found`, {
    hint: `--mode host; pod mode needs a process or a name in the pod's namespace, and the right to open it`,
  });
}
