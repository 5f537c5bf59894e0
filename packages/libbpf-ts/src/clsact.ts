import { TsnctlError } from '@tsnctl/codec';
import { DisposableStack, isErrno, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import {
  addBpfFilter,
  addQdisc,
  deleteFilter,
  deleteQdisc,
  type Filter,
  listFilters,
  listQdiscs,
} from '@tsnctl/netlink';
import type { Direction } from './link.ts';

/** Where a filter goes. */
export interface ClsactTarget {
  ifindex: number;
  direction: Direction;
  /** The smaller runs first; 1 unless told. */
  priority?: number;
  /** Which filter of this priority; the next that is free unless told. */
  handle?: number;
  /** What `tc filter show` calls it. */
  name?: string;
  /** The interface's namespace; this process's own by default. */
  netns?: NetNs;
}

/**
 * A program on a clsact qdisc. It lasts while this object is open, unless `keep` is called.
 *
 *     using filter = program.attachClsact({ ifindex: 1, direction: 'egress', name: 'mine' });
 *     filter.update(program);
 */
export class ClsactFilter implements Disposable {
  readonly ifindex: number;
  readonly direction: Direction;
  readonly priority: number;
  readonly handle: number;
  readonly #name: string;
  readonly #socket: NetlinkSocket;
  readonly #ownsQdisc: boolean;
  #attached = true;

  private constructor(
    target: Required<Omit<ClsactTarget, 'netns'>>,
    socket: NetlinkSocket,
    ownsQdisc: boolean,
  ) {
    this.ifindex = target.ifindex;
    this.direction = target.direction;
    this.priority = target.priority;
    this.handle = target.handle;
    this.#name = target.name;
    this.#socket = socket;
    this.#ownsQdisc = ownsQdisc;
  }

  /** See BpfProgram.attachClsact. INGRESS_QDISC where an ingress qdisc is in the place. @throws SystemError */
  static attach(program: { fd: number }, target: ClsactTarget): ClsactFilter {
    const { ifindex, direction, priority = 1, name = 'libbpf-ts', netns } = target;
    using resources = new DisposableStack();
    const socket = resources.use(NetlinkSocket.open(netns ? { netns } : {}));
    const ownsQdisc = addClsact(socket, ifindex);
    const handle = target.handle ?? freeHandle(socket, { index: ifindex, hook: direction, priority });
    const filter = new ClsactFilter({ ifindex, direction, priority, handle, name }, socket, ownsQdisc);
    try {
      filter.#put(program, false);
    } catch (error) {
      filter.#removeQdisc();
      throw error;
    }
    resources.move();
    return filter;
  }

  /** Put another program in place, atomically: each packet meets the old one or the new one. @throws SystemError */
  update(program: { fd: number }): void {
    this.#put(program, true);
  }

  /** Leave it where it is: it lasts until somebody takes it off, or the interface goes. */
  keep(): void {
    this.#attached = false;
    this.#socket[Symbol.dispose]();
  }

  /** Take it off, and the qdisc if it was made for it and is empty; nothing happens where it has gone. */
  [Symbol.dispose](): void {
    if (!this.#attached) return;
    this.#attached = false;
    using socket = this.#socket;
    const { ifindex: index, direction: hook, priority, handle } = this;
    try {
      socket.request(deleteFilter({ index, hook, priority, handle }));
      this.#removeQdisc();
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'EINVAL', 'ENODEV')) throw error;
    }
  }

  #put({ fd: progFd }: { fd: number }, replace: boolean): void {
    const { ifindex: index, direction: hook, priority, handle } = this;
    const name = this.#name;
    this.#socket.request(
      addBpfFilter({ index, hook, priority, handle, progFd, name, directAction: true, replace }),
    );
  }

  #removeQdisc(): void {
    if (!this.#ownsQdisc || !isClsactEmpty(this.#socket, this.ifindex)) return;
    this.#socket.request(deleteQdisc({ index: this.ifindex, kind: 'clsact' }));
  }
}

/**
 * Make a clsact qdisc where there is none: whether it is new. An `ingress` qdisc has the same place: there, filters of
 * both sides would run at ingress. `name` is the interface's and `instead` what to do otherwise, for the message.
 * @throws TsnctlError INGRESS_QDISC; SystemError
 */
export function addClsact(
  socket: NetlinkSocket,
  index: number,
  { name = `interface ${index}`, instead = 'tcx' }: { name?: string; instead?: string } = {},
): boolean {
  try {
    socket.request(addQdisc({ index, kind: 'clsact' }));
    return true;
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST')) throw cause;
    const kinds = socket.request(listQdiscs({ index })).map(({ kind }) => kind);
    if (kinds.includes('clsact')) return false;
    throw new TsnctlError('INGRESS_QDISC', `${name} has an ingress qdisc where a clsact qdisc should go`, {
      hint: `tc qdisc del dev ${name} ingress, if nothing needs it; or ${instead}, which needs no qdisc`,
      cause,
    });
  }
}

/** The filters of one side that are in place, none without clsact; the kernel also lists each priority once without a handle. */
export function clsactFilters(socket: NetlinkSocket, which: { index: number; hook: Direction }): Filter[] {
  try {
    return socket.request(listFilters(which)).filter(({ handle }) => handle !== 0);
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOENT')) return []; // no clsact here
    throw error;
  }
}

/** Whether neither side has a filter. */
export function isClsactEmpty(socket: NetlinkSocket, index: number): boolean {
  return (['ingress', 'egress'] as const).every(
    (hook) => clsactFilters(socket, { index, hook }).length === 0,
  );
}

/** A handle that no filter of this priority has. */
export function freeHandle(
  socket: NetlinkSocket,
  { index, hook, priority }: { index: number; hook: Direction; priority: number },
): number {
  const same = clsactFilters(socket, { index, hook }).filter((filter) => filter.priority === priority);
  const taken = new Set(same.map(({ handle }) => handle));
  let handle = 1;
  while (taken.has(handle)) handle++;
  return handle;
}
