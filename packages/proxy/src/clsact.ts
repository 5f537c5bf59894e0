import { isErrno, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { addBpfFilter, addQdisc, deleteFilter, deleteQdisc, type Filter, listFilters } from '@tsnctl/netlink';
import type { BpfProgram } from 'libbpf-ts';
import type { Attacher } from './attacher.ts';
import { type Attachment, hookOf, type Interface, type Role } from './model.ts';
import { ROLES } from './objects.ts';
import { at, type KernelPlace, type Place } from './place.ts';

/** Our filter's place among those of a hook: before all that leave the choice to the kernel. */
const PRIORITY = 1;
const HANDLE = 1;

/** A filter's name tells whose it is, and whether the clsact qdisc below it is ours, too. */
const NAME = /^tsnctl:(\w+)(\+qdisc)?$/;

const SIDES = ['ingress', 'egress'] as const;

/** Filters of a clsact qdisc, for kernels before tcx (6.6); they run after every tcx program. */
export function clsact(netns: NetNs): Attacher {
  const put = (place: Place, program: BpfProgram, replace: boolean) =>
    at(netns, place, (where) => {
      using socket = NetlinkSocket.open({ netns: where.netns });
      const former = ours(socket, where);
      const qdisc = former ? NAME.exec(former.bpf?.name ?? '')?.[2] !== undefined : addClsact(socket, where);
      socket.request(
        addBpfFilter({
          index: where.ifindex,
          hook: where.direction,
          priority: PRIORITY,
          handle: HANDLE,
          progFd: program.fd,
          name: `tsnctl:${place.role}${qdisc ? '+qdisc' : ''}`,
          directAction: true,
          replace,
        }),
      );
    });
  return {
    attach: (place, program) => put(place, program, false),
    replace: (place, program) => put(place, program, true),
    moveFirst: (place, program) => put(place, program, true),

    detach(place) {
      at(netns, place, (where) => {
        using socket = NetlinkSocket.open({ netns: where.netns });
        const found = ours(socket, where);
        if (!found) return;
        const { ifindex: index, direction: hook } = where;
        socket.request(deleteFilter({ index, hook, priority: PRIORITY, handle: HANDLE }));
        if (found.bpf?.name?.endsWith('+qdisc') && isEmpty(socket, index)) {
          socket.request(deleteQdisc({ index, kind: 'clsact' }));
        }
      });
    },

    observe(interfaces) {
      const attachments = interfaces
        .filter(({ podSide, qdiscs }) => podSide || qdiscs.includes('clsact'))
        .flatMap((link) => observeInterface(netns, link));
      return { attachments, stale: [] };
    },
  };
}

/** Whether the qdisc is new. */
function addClsact(socket: NetlinkSocket, { ifindex: index }: KernelPlace): boolean {
  try {
    socket.request(addQdisc({ index, kind: 'clsact' }));
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

function isEmpty(socket: NetlinkSocket, index: number): boolean {
  return SIDES.every((hook) => filters(socket, { index, hook }).length === 0);
}

function ours(socket: NetlinkSocket, { ifindex: index, direction: hook }: KernelPlace): Filter | undefined {
  return filters(socket, { index, hook }).find(({ bpf }) => NAME.test(bpf?.name ?? ''));
}

/** Those that are in place; the kernel also lists each priority once without a handle. */
function filters(socket: NetlinkSocket, which: { index: number; hook: 'ingress' | 'egress' }): Filter[] {
  try {
    return socket.request(listFilters(which)).filter(({ handle }) => handle !== 0);
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOENT')) return []; // no clsact here
    throw error;
  }
}

function observeInterface(netns: NetNs, { ifindex, podSide, qdiscs }: Interface): Attachment[] {
  const roles: Role[] = [
    ...(qdiscs.includes('clsact') ? (['strip', 'restorer'] as const) : []),
    ...(podSide && qdiscs.includes('clsact') ? (['pod_saver'] as const) : []),
  ];
  return roles.flatMap((role) =>
    at(netns, { ifindex, role }, (where) => {
      using socket = NetlinkSocket.open({ netns: where.netns });
      const all = filters(socket, { index: where.ifindex, hook: where.direction });
      const found = ours(socket, where);
      const name = ROLES.find((candidate) => candidate === NAME.exec(found?.bpf?.name ?? '')?.[1]);
      if (!found || !name || hookOf[name] !== hookOf[role]) return [];
      return [
        {
          ifindex,
          role: name,
          via: 'clsact',
          first:
            all[0] === undefined || (all[0].handle === found.handle && all[0].priority === found.priority),
        },
      ];
    }),
  );
}
