import { TsnctlError } from '@tsnctl/codec';
import { isErrno, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { addBpfFilter, deleteFilter, deleteQdisc, type Filter, listQdiscs } from '@tsnctl/netlink';
import { addClsact, type BpfProgram, clsactFilters, freeHandle, isClsactEmpty } from 'libbpf-ts';
import type { Attacher } from './attacher.ts';
import { type Attachment, filterPriorities, hookOf, ROLES, type Role } from './model.ts';
import { at, type KernelPlace, Peers, type Place } from './place.ts';
import { stoppedByClsact } from './stopped.ts';

/** A filter's name tells whose it is, and whether the clsact qdisc below it is ours, too. */
const NAME = /^tsnctl:(\w+)(\+qdisc)?$/;

/** Filters of a clsact qdisc, for kernels before tcx (6.6); they run after every tcx program. */
export function clsact(netns: NetNs): Attacher {
  return {
    attach(place, program) {
      at(netns, place, (where) => {
        using socket = NetlinkSocket.open({ netns: where.netns });
        const name = filterName(
          place.role,
          addClsact(socket, where.ifindex, { name: place.name, instead: '--hook tcx' }),
        );
        put(socket, where, { place, handle: newHandle(socket, where, place), name, program, replace: false });
      });
    },

    replace(place, program) {
      at(netns, place, (where) => {
        using socket = NetlinkSocket.open({ netns: where.netns });
        const { handle, bpf } = required(socket, where, place);
        put(socket, where, {
          place,
          handle,
          name: filterName(place.role, ownsQdisc(bpf?.name)),
          program,
          replace: true,
        });
      });
    },

    /** The newest filter of a priority is the first of it; the rest as with tcx links. */
    moveFirst(place, program, pass) {
      at(netns, place, (where) => {
        using socket = NetlinkSocket.open({ netns: where.netns });
        const old = required(socket, where, place);
        const name = old.bpf?.name ?? '';
        const handle = newHandle(socket, where, place);
        put(socket, where, { place, handle, name, program: pass, replace: false });
        put(socket, where, { place, handle, name, program, replace: true });
        put(socket, where, { place, handle: old.handle, name, program: pass, replace: true });
        remove(socket, where, old);
      });
    },

    detach(place) {
      ifReachable(netns, place, (where) => {
        using socket = NetlinkSocket.open({ netns: where.netns });
        const found = ours(socket, where);
        if (!found) return;
        remove(socket, where, found);
        if (
          ownsQdisc(found.bpf?.name) &&
          isClsactEmpty(socket, where.ifindex) &&
          mayGo(socket, where.ifindex)
        ) {
          socket.request(deleteQdisc({ index: where.ifindex, kind: 'clsact' }));
        }
      });
    },

    /** Inside pods, too: a host side that was moved away and back has lost its filters, its peer has not. */
    observe(interfaces) {
      const used = interfaces.some(({ qdiscs }) => qdiscs.includes('clsact'));
      const peers = new Peers(netns);
      using socket = NetlinkSocket.open({ netns });
      const attachments = interfaces.flatMap(({ ifindex, podSide, qdiscs }) =>
        [
          ...(qdiscs.includes('clsact') ? (['strip', 'restorer'] as const) : []),
          ...(podSide && used ? (['pod_saver'] as const) : []),
        ].flatMap((role) => observePlace({ netns, socket, peers }, { ifindex, role }) ?? []),
      );
      return { attachments, stale: [], loose: [] };
    },
  };
}

interface Put {
  place: Place;
  handle: number;
  name: string;
  program: BpfProgram;
  replace: boolean;
}

function put(
  socket: NetlinkSocket,
  { ifindex: index, direction: hook }: KernelPlace,
  { place, handle, name, program, replace }: Put,
): void {
  const priority = filterPriorities[hookOf[place.role]];
  try {
    socket.request(
      addBpfFilter({ index, hook, priority, handle, progFd: program.fd, name, directAction: true, replace }),
    );
  } catch (cause) {
    if (!isErrno(cause, 'EINVAL', 'ENOSPC')) throw cause;
    throw new TsnctlError('PRIORITY_TAKEN', `filters of another kind have priority ${priority} here`, {
      hint: `tc filter show dev ${place.name} ${hook}, and give them another; or --hook tcx, before all filters`,
      cause,
    });
  }
}

function remove(
  socket: NetlinkSocket,
  { ifindex: index, direction: hook }: KernelPlace,
  found: Filter,
): void {
  socket.request(deleteFilter({ index, hook, priority: found.priority, handle: found.handle }));
}

function filterName(role: Role, qdisc: boolean): string {
  return `tsnctl:${role}${qdisc ? '+qdisc' : ''}`;
}

function ownsQdisc(name: string | undefined): boolean {
  return NAME.exec(name ?? '')?.[2] !== undefined;
}

function required(socket: NetlinkSocket, where: KernelPlace, { name }: Place): Filter {
  const found = ours(socket, where);
  if (found) return found;
  throw new TsnctlError('FILTER_GONE', `our filter on ${name} has gone meanwhile`, {
    hint: 'the same command again; something else changes the same interfaces',
  });
}

function newHandle(
  socket: NetlinkSocket,
  { ifindex, direction: hook }: KernelPlace,
  { role }: Place,
): number {
  return freeHandle(socket, { index: ifindex, hook, priority: filterPriorities[hookOf[role]] });
}

/** Its going would stop some qdiscs: beside such a one it stays, without a filter. */
function mayGo(socket: NetlinkSocket, index: number): boolean {
  return stoppedByClsact(socket.request(listQdiscs({ index })).map(({ kind }) => kind)) === undefined;
}

function ours(socket: NetlinkSocket, { ifindex: index, direction: hook }: KernelPlace): Filter | undefined {
  return oursOf(clsactFilters(socket, { index, hook }));
}

function oursOf(all: readonly Filter[]): Filter | undefined {
  return all.find(({ bpf }) => NAME.test(bpf?.name ?? ''));
}

/** What all looks at one namespace share. */
interface Look {
  netns: NetNs;
  socket: NetlinkSocket;
  peers: Peers;
}

/** Our filter on the hook of a role, whichever role of that hook it has. */
function observePlace({ netns, socket, peers }: Look, place: Omit<Place, 'name'>): Attachment | undefined {
  const { ifindex, role } = place;
  const inside = hookOf[role] === 'inside';
  const found = ifReachable(netns, place, (where) => foundAt(where, inside ? undefined : socket), peers);
  const name = ROLES.find((candidate) => candidate === NAME.exec(found?.ours?.bpf?.name ?? '')?.[1]);
  if (!found || !name || hookOf[name] !== hookOf[role]) return undefined;
  return { ifindex, role: name, via: 'clsact', first: inside || found.ours === found.foremost };
}

function foundAt(
  { netns, ifindex: index, direction: hook }: KernelPlace,
  known?: NetlinkSocket,
): { ours: Filter | undefined; foremost: Filter | undefined } {
  using own = known ? undefined : NetlinkSocket.open({ netns });
  const all = clsactFilters((known ?? own) as NetlinkSocket, { index, hook });
  return { ours: oursOf(all), foremost: all[0] };
}

/** Of a pod whose namespace is not to be found, nothing can be seen or taken off. */
function ifReachable<T>(
  netns: NetNs,
  place: Omit<Place, 'name'>,
  action: (where: KernelPlace) => T,
  peers?: Peers,
): T | undefined {
  try {
    return at(netns, place, action, peers);
  } catch (error) {
    if (error instanceof TsnctlError && error.code === 'NO_POD_NAMESPACE') return undefined;
    throw error;
  }
}
