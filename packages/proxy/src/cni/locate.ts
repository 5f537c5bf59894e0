import { CniError } from '@tsnctl/cni';
import { isErrno, NetlinkSocket, NetNs } from '@tsnctl/linux';
import { getLink, getNsid, type Link } from '@tsnctl/netlink';
import { carriedBy, PAIRED } from './carried-by.ts';
import type { HostSide } from './record.ts';

/** A container's interface, seen from the node. */
export type Located =
  | ({ readonly by: 'programs' } & HostSide)
  | { readonly by: 'itself'; readonly kind: string }
  /** `why` is the refusal for a pod that asks for something all the same. */
  | { readonly by: 'nothing'; readonly kind: string; readonly why: CniError };

/**
 * Look at an interface of a container. Its host side is what the kernel says it is, whatever the result of the
 * plugin before ours says. @throws CniError 8 without such a namespace, 7 without such an interface
 */
export function locate(node: NetNs, { netns, ifname }: { netns: string; ifname: string }): Located {
  using pod = openPod(netns);
  refuseHost(node, pod);
  using inside = NetlinkSocket.open({ netns: pod });
  const link = attemptLink(inside, { name: ifname });
  if (!link) {
    throw new CniError('invalidNetworkConfig', `there is no interface ${ifname} in ${netns}`, {
      hint: 'our entry belongs behind the plugin that makes the interface',
    });
  }
  const { kind = 'hardware' } = link;
  const by = carriedBy(link);
  if (by === 'nothing') return { by, kind, why: carriesNothing(ifname, kind) };
  if (by === 'itself') return { by, kind };
  using outside = NetlinkSocket.open({ netns: node });
  const host = link.link === undefined ? undefined : attemptLink(outside, { index: link.link });
  const facing = host !== undefined && host.link === link.index && PAIRED.has(host.kind ?? '');
  if (!facing || !knows(inside, node, link) || !knows(outside, pod, host))
    return { by: 'nothing', kind, why: isElsewhere(ifname, netns) };
  return { by, ...hostSide(host) };
}

/** Whether an interface of the node still is the one of a record, and not another that got its index. */
export function isStillThere(node: NetNs, recorded: HostSide): boolean {
  using socket = NetlinkSocket.open({ netns: node });
  const link = attemptLink(socket, { index: recorded.ifindex });
  return link !== undefined && isSameSide(hostSide(link), recorded);
}

export function isSameSide(found: HostSide, recorded: HostSide): boolean {
  const keys = ['kind', 'ifindex', 'name', 'address', 'peer'] as const;
  return keys.every((key) => found[key] === recorded[key]);
}

function carriesNothing(ifname: string, kind: string): CniError {
  return new CniError(
    'invalidNetworkConfig',
    `${ifname} is ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} device: nothing carries TSN metadata from there`,
    {
      hint: 'veth, netkit, macvlan, ipvlan in mode l2 or SR-IOV; or a pod without annotations tsnctl.dev/...',
    },
  );
}

/** A pair of somebody else's, that was given to the pod; or this agent is not where the host sides are. */
function isElsewhere(ifname: string, netns: string): CniError {
  return new CniError(
    'invalidNetworkConfig',
    `the other end of ${ifname} in ${netns} is not in the node's network namespace`,
    { hint: 'start the agent in the namespace that has it, or name that one: tsnctl agent --netns' },
  );
}

function hostSide({ kind = '', index, name, address = '', link = 0 }: Link): HostSide {
  return { kind, ifindex: index, name, address, peer: link };
}

/** Whether the namespace by which `link` knows its peer's is this one. */
function knows(socket: NetlinkSocket, netns: NetNs, link: Link): boolean {
  const [nsid] = socket.request(getNsid({ netnsFd: netns.fd }));
  return nsid !== undefined && nsid === link.linkNetnsid;
}

function attemptLink(
  socket: NetlinkSocket,
  which: { readonly name: string } | { readonly index: number },
): Link | undefined {
  try {
    return socket.request(getLink(which))[0];
  } catch (error) {
    if (isErrno(error, 'ENODEV')) return undefined;
    throw error;
  }
}

function openPod(path: string): NetNs {
  if (!path.startsWith('/')) {
    throw new CniError(
      'invalidNetns',
      `CNI_NETNS is no absolute path: ${JSON.stringify(path.slice(0, 200))}`,
    );
  }
  try {
    return NetNs.open(path);
  } catch (cause) {
    if (isErrno(cause, 'NO_NAMESPACE')) {
      const message = `CNI_NETNS names no network namespace: ${JSON.stringify(path.slice(0, 200))}`;
      throw new CniError('invalidNetns', message, { hint: 'the container may be gone already', cause });
    }
    const details = cause instanceof Error ? cause.message : String(cause);
    throw new CniError('ioFailure', `CNI_NETNS cannot be opened: ${path}`, { details, cause });
  }
}

/** A pod in the host's own network has no border, and what we attached there would be attached to the host. */
function refuseHost(node: NetNs, pod: NetNs): void {
  if (![node.cookie, ownCookie()].includes(pod.cookie)) return;
  throw new CniError('invalidNetns', `CNI_NETNS is the network namespace of the host itself: ${pod.path}`, {
    hint: 'a pod with hostNetwork gets no interface by CNI: look at who calls the plugin',
  });
}

/** Of the namespace in which this process stays: asked once. */
function ownCookie(): bigint {
  if (knownCookie === undefined) {
    using own = NetNs.current();
    knownCookie = own.cookie;
  }
  return knownCookie;
}

let knownCookie: bigint | undefined;
