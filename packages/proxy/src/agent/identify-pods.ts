import { fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isErrno, NetlinkSocket, NetNs } from '@tsnctl/linux';
import { getNsid } from '@tsnctl/netlink';
import { parseCgroup } from './parse-cgroup.ts';
import type { PodInterface } from './policy-source.ts';

/** Whose a network namespace is. `identified`: a process runs in it, so all that can be known is. */
export type PodIdentity = Omit<PodInterface, 'ifindex' | 'name'>;

export interface IdentifyOptions {
  readonly proc?: string;
  /** The kubelet's logs: a directory `NAMESPACE_NAME_UID` for each pod, made before the pod is. */
  readonly podLogs?: string;
}

/**
 * Finds out whose pods are, by the numbers that the node has for their namespaces: a namespace's names and processes,
 * their cgroups, the kubelet's logs. One look at /proc serves all that are asked for at once.
 */
export class PodIdentifier {
  readonly #node: NetNs;
  readonly #proc: string;
  readonly #podLogs: string;
  /** The node's number for a namespace that was seen, by the namespace's inode. */
  readonly #nsids = new Map<number, number | undefined>();

  constructor(node: NetNs, { proc = '/proc', podLogs = '/var/log/pods' }: IdentifyOptions = {}) {
    this.#node = node;
    this.#proc = proc;
    this.#podLogs = podLogs;
  }

  /** Those that have a name or a process by now. */
  identify(nsids: Iterable<number>): Map<number, PodIdentity> {
    const wanted = new Set(nsids);
    const found = new Map<number, PodIdentity>();
    if (wanted.size === 0) return found;
    const namespaces = this.#namespaces();
    using socket = NetlinkSocket.open({ netns: this.#node });
    let names: Map<string, { namespace: string; name: string }> | undefined;
    for (const [inode, { paths, netns, pids }] of namespaces) {
      const nsid = this.#nsidOf(socket, inode, paths, wanted);
      if (nsid === undefined || !wanted.has(nsid)) continue;
      const cgroups = pids.map((pid) => parseCgroup(read(`${this.#proc}/${pid}/cgroup`)));
      const uid = cgroups.find((cgroup) => cgroup.uid !== undefined)?.uid;
      if (uid !== undefined) names ??= this.#podNames();
      found.set(nsid, {
        netns,
        containers: [...new Set(cgroups.flatMap(({ container }) => container ?? []))],
        ...(uid !== undefined && { pod: { uid, ...names?.get(uid) } }),
        identified: pids.length > 0,
      });
    }
    for (const inode of this.#nsids.keys()) if (!namespaces.has(inode)) this.#nsids.delete(inode);
    return found;
  }

  /** What was known of an inode may be another's by now: a hit is asked for again. */
  #nsidOf(
    socket: NetlinkSocket,
    inode: number,
    paths: readonly string[],
    wanted: ReadonlySet<number>,
  ): number | undefined {
    const known = this.#nsids.get(inode);
    if (known !== undefined && !wanted.has(known)) return known;
    const nsid = paths.map((path) => askNsid(socket, path)).find((it) => it !== undefined);
    this.#nsids.set(inode, nsid);
    return nsid;
  }

  /** Every namespace that has a name or a process, but the node's own. */
  #namespaces(): Map<number, { paths: string[]; netns: string[]; pids: string[] }> {
    const found = new Map<number, { paths: string[]; netns: string[]; pids: string[] }>();
    const own = fstatSync(this.#node.fd).ino;
    const add = (path: string, { name, pid }: { name?: string; pid?: string }) => {
      const inode = inodeOf(path);
      if (inode === undefined || inode === own) return;
      const namespace = found.get(inode) ?? { paths: [], netns: [], pids: [] };
      found.set(inode, namespace);
      if (namespace.paths.length < FEW) namespace.paths.push(path);
      if (name !== undefined) namespace.netns.push(name);
      if (pid !== undefined && namespace.pids.length < FEW) namespace.pids.push(pid);
    };
    for (const name of NetNs.names()) add(`/run/netns/${name}`, { name });
    for (const pid of names(this.#proc)) if (/^\d+$/.test(pid)) add(`${this.#proc}/${pid}/ns/net`, { pid });
    return found;
  }

  #podNames(): Map<string, { namespace: string; name: string }> {
    return new Map(
      names(this.#podLogs).flatMap((directory) => {
        const [namespace = '', name = '', uid, ...more] = directory.split('_');
        return uid === undefined || more.length > 0 ? [] : [[uid, { namespace, name }] as const];
      }),
    );
  }
}

/** Processes of a pod that are looked at: the first of a container names it, and all name the pod. */
const FEW = 8;

function askNsid(socket: NetlinkSocket, path: string): number | undefined {
  try {
    using netns = NetNs.open(path);
    return socket.request(getNsid({ netnsFd: netns.fd }))[0];
  } catch (error) {
    if (isErrno(error, 'NO_NAMESPACE', 'EACCES', 'EPERM', 'ESRCH')) return undefined;
    throw error;
  }
}

/** Processes end while they are looked at, and some may not be looked at. */
function inodeOf(path: string): number | undefined {
  return attempt(() => statSync(path).ino);
}

function read(path: string): string {
  return attempt(() => readFileSync(path, 'utf8')) ?? '';
}

function names(directory: string): string[] {
  return attempt(() => readdirSync(directory)) ?? [];
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR')) return undefined;
    throw error;
  }
}
