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
}

/** The same as the kernel wants it. */
export interface KernelPlace {
  netns: NetNs;
  ifindex: number;
  direction: Direction;
}

const directions: Record<Hook, Direction> = { ingress: 'ingress', egress: 'egress', inside: 'egress' };

/** Do something at a place, in whichever namespace that is. */
export function at<T>(
  home: NetNs,
  { ifindex, role }: Omit<Place, 'name'>,
  action: (place: KernelPlace) => T,
): T {
  const hook = hookOf[role];
  const direction = directions[hook];
  if (hook !== 'inside') return action({ netns: home, ifindex, direction });
  const peer = openPeer(home, ifindex);
  using netns = peer.netns;
  return action({ netns, ifindex: peer.ifindex, direction });
}

/** The other end of a pair, and the namespace that it lies in. */
function openPeer(home: NetNs, ifindex: number): { netns: NetNs; ifindex: number } {
  using socket = NetlinkSocket.open({ netns: home });
  const [link] = socket.request(getLink({ index: ifindex }));
  const nsid = link?.linkNetnsid;
  if (!link || link.link === undefined || nsid === undefined) throw noPeer(link?.name ?? `if${ifindex}`);
  for (const path of namespaces()) {
    const netns = tryOpen(path);
    if (!netns) continue;
    if (socket.request(getNsid({ netnsFd: netns.fd }))[0] === nsid) return { netns, ifindex: link.link };
    netns[Symbol.dispose]();
  }
  throw noPeer(link.name);
}

/** A path to each namespace that has a process or a name, each namespace once. */
function* namespaces(): Generator<string> {
  const seen = new Set<number>();
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const paths = [
    ...NetNs.names().map((name) => `/run/netns/${name}`),
    ...pids.map((pid) => `/proc/${pid}/ns/net`),
  ];
  for (const path of paths) {
    const inode = inodeOf(path);
    if (inode === undefined || seen.has(inode)) continue;
    seen.add(inode);
    yield path;
  }
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
