import { TsnctlError } from '@tsnctl/codec';
import { isErrno, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import {
  type Channels,
  decodeQdisc,
  type EthtoolTarget,
  formatHandle,
  getChannels,
  getFeatures,
  getGenlFamily,
  getLink,
  getLinkModes,
  getTsInfo,
  type Link,
  listFilters,
  listLinks,
  listQdiscs,
  type NetlinkRequest,
  type Qdisc,
} from '@tsnctl/netlink';
import type { UplinkClock } from '../model.ts';
import type { Nic } from './model.ts';
import { uplinkClockOf } from './uplink-clock.ts';

const NETLINK_GENERIC = 16;
const MBIT = 1_000_000n;

export interface ObservedNic {
  readonly nic: Nic;
  /** The kernel's own answers, to be remembered: whatever they hold, it can be read again. */
  readonly raw: readonly Uint8Array[];
}

/** Look at one interface. @throws TsnctlError NO_INTERFACE */
export function observeNic(netns: NetNs, name: string, bpffs?: string): ObservedNic {
  using socket = NetlinkSocket.open({ netns });
  const link = findLink(socket, name);
  const all = socket.request(rawQdiscs(link.index)).filter(({ qdisc }) => isQueue(qdisc));
  using generic = NetlinkSocket.open({ netns, protocol: NETLINK_GENERIC });
  const told = ethtool(generic, link.index);
  const uplinkClock: UplinkClock | undefined = uplinkClockOf(netns, link.index, bpffs);
  const speed = told((target) => getLinkModes(target))?.speedMbps;
  const channels = told((target) => getChannels(target));
  const features = told((target) => getFeatures(target));
  const phcIndex = told((target) => getTsInfo(target))?.phcIndex;
  const nic: Nic = {
    ifindex: link.index,
    name: link.name,
    mtu: link.mtu,
    up: link.up,
    ...queuesOf(link, channels),
    ...(channels && { channels }),
    ...(speed && { speedBps: BigInt(speed) * MBIT }),
    ...(phcIndex !== undefined && { phcIndex }),
    ...(features && { tcOffload: features.active.includes('hw-tc-offload') }),
    qdiscs: all.map(({ qdisc }) => qdisc),
    ...filtersOf(
      socket,
      all.map(({ qdisc }) => qdisc),
    ),
    ...(uplinkClock !== undefined && { uplinkClock }),
  };
  return { nic, raw: all.map(({ body }) => body) };
}

function findLink(socket: NetlinkSocket, name: string): Link {
  try {
    const [link] = socket.request(getLink({ name }));
    if (link) return link;
  } catch (error) {
    if (!isErrno(error, 'ENODEV', 'ERANGE', 'EINVAL')) throw error;
  }
  const names = socket.request(listLinks()).map((link) => link.name);
  throw new TsnctlError('NO_INTERFACE', `there is no interface ${name} in this namespace`, {
    hint: `one of ${names.slice(0, 8).join(', ')}; or another namespace: --netns NAME`,
  });
}

function rawQdiscs(index: number): NetlinkRequest<{ body: Uint8Array; qdisc: Qdisc }> {
  const request = listQdiscs({ index });
  return {
    ...request,
    decode: (body) => ({ body: body.slice(), qdisc: decodeQdisc(body) }),
    accepts: ({ qdisc }) => qdisc.index === index,
  };
}

/** A qdisc at which somebody has filters: they would go with it. */
function filtersOf(socket: NetlinkSocket, qdiscs: readonly Qdisc[]): { filtersOf?: string } {
  const found = qdiscs.find(
    ({ index, handle }) =>
      handle !== 0 && (optional(() => socket.request(listFilters({ index, hook: handle }))) ?? []).length > 0,
  );
  return found ? { filtersOf: formatHandle(found.handle) } : {};
}

const NO_QUEUE = new Set(['clsact', 'ingress']);

function isQueue({ kind }: Qdisc): boolean {
  return !NO_QUEUE.has(kind);
}

/** A driver that does not tell of its channels uses all the queues that it has. */
function queuesOf(
  { numTxQueues }: Link,
  channels: Channels | undefined,
): { txQueues: number; maxTxQueues: number } {
  const sum = (counts: { tx?: number; combined?: number } | undefined) =>
    (counts?.tx ?? 0) + (counts?.combined ?? 0);
  const current = sum(channels?.current) || numTxQueues;
  return { txQueues: current, maxTxQueues: Math.max(current, sum(channels?.maximum)) };
}

type Asked = <Reply>(question: (target: EthtoolTarget) => NetlinkRequest<Reply>) => Reply | undefined;

/** Asks the driver; what it does not tell is undefined. */
function ethtool(socket: NetlinkSocket, index: number): Asked {
  const family = optional(() => socket.request(getGenlFamily({ name: 'ethtool' }))[0]?.id);
  return (question) =>
    family === undefined ? undefined : optional(() => socket.request(question({ family, index }))[0]);
}

function optional<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (isErrno(error, 'EOPNOTSUPP', 'ENOTSUP', 'ENOENT', 'ENODEV', 'EINVAL', 'EPERM')) return undefined;
    throw error;
  }
}
