import { TsnctlError } from '@tsnctl/codec';
import { isErrno, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { type Filter, type Link, listFilters, type Qdisc } from '@tsnctl/netlink';
import { BpfProgram, type Direction, queryTcx } from 'libbpf-ts';
import type { Hook } from '../model.ts';
import { at, Peers } from '../place.ts';
import type { FoundHook, FoundProgram } from './observations.ts';

const SIDES = ['ingress', 'egress'] as const;

/** What is told of parts that could not be seen; the reader goes on without them. */
export type Refused = (what: string, error: unknown) => void;

/** Every program and filter of a namespace's hooks, whoever attached it, in order; and inside the pods named. */
export function readHooks(
  netns: NetNs,
  { links, qdiscs }: { links: readonly Link[]; qdiscs: readonly Qdisc[] },
  insideOf: readonly number[],
  refused: Refused,
): FoundHook[] {
  const programs = new Programs(refused);
  const withFilters = new Set(qdiscs.filter(({ kind }) => FILTERED.has(kind)).map(({ index }) => index));
  using socket = NetlinkSocket.open({ netns });
  const tcx = readTcx(netns, links, refused);
  const outside = links.flatMap(({ index }) =>
    SIDES.map((hook) => ({
      ifindex: index,
      hook,
      programs: [
        ...(tcx.get(`${index} ${hook}`) ?? []).map((entry) => programs.tcx(entry)),
        ...(withFilters.has(index) ? filtersOf(socket, index, hook) : []).map((it) => programs.filter(it)),
      ],
    })),
  );
  return [...outside, ...readInside(netns, insideOf, programs, refused)].filter(
    (found) => found.programs.length > 0,
  );
}

/** Qdiscs that hold the filters of an interface's hooks. */
const FILTERED = new Set(['clsact', 'ingress']);

type TcxEntries = ReturnType<typeof queryTcx>;

/** All interfaces in one stay in the namespace. */
function readTcx(netns: NetNs, links: readonly Link[], refused: Refused): Map<string, TcxEntries> {
  try {
    return netns.run(
      () =>
        new Map(
          links.flatMap(({ index: ifindex }) =>
            SIDES.map((direction) => [`${ifindex} ${direction}`, entriesOf(ifindex, direction)] as const),
          ),
        ),
    );
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) refused('tcx programs and their order', error); // EINVAL: before kernel 6.6
    return new Map();
  }
}

function entriesOf(ifindex: number, direction: Direction): TcxEntries {
  try {
    return queryTcx({ ifindex, direction });
  } catch (error) {
    if (isErrno(error, 'ENODEV')) return []; // gone meanwhile
    throw error;
  }
}

/** The kernel also lists each priority once without a handle. */
function filtersOf(socket: NetlinkSocket, index: number, hook: Direction): Filter[] {
  try {
    return socket.request(listFilters({ index, hook })).filter(({ handle }) => handle !== 0);
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
}

/** The egress of the pods' own ends. */
function readInside(
  netns: NetNs,
  ifindexes: readonly number[],
  programs: Programs,
  refused: Refused,
): FoundHook[] {
  const peers = new Peers(netns);
  return ifindexes.flatMap((ifindex) => {
    try {
      return at(
        netns,
        { ifindex, role: 'pod_saver' },
        (where): FoundHook[] => {
          using socket = NetlinkSocket.open({ netns: where.netns });
          const found: FoundProgram[] = [
            ...tcxInside(where).map((entry) => programs.tcx(entry)),
            ...filtersOf(socket, where.ifindex, 'egress').map((it) => programs.filter(it)),
          ];
          return [{ ifindex, hook: 'inside' satisfies Hook, programs: found }];
        },
        peers,
      );
    } catch (error) {
      if (isErrno(error, 'ENODEV') || isGone(error)) return [];
      refused("programs inside pods, at their own interfaces' egress", error);
      return [];
    }
  });
}

function tcxInside(where: { netns: NetNs; ifindex: number }): TcxEntries {
  try {
    return queryTcx({ ...where, direction: 'egress' });
  } catch (error) {
    if (isErrno(error, 'EINVAL')) return [];
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof TsnctlError && error.code === 'NO_POD_NAMESPACE';
}

/** Names and tags of programs; each is asked once. */
class Programs {
  readonly #known = new Map<number, { programName: string; tag: string } | undefined>();
  readonly #refused: Refused;

  constructor(refused: Refused) {
    this.#refused = refused;
  }

  tcx({ programId, linkId }: TcxEntries[number]): FoundProgram {
    return { programId, linkId, ...this.#info(programId) };
  }

  filter(filter: Filter): FoundProgram {
    const id = filter.bpf?.id;
    return { programId: id, filter, ...(id === undefined ? {} : this.#info(id)) };
  }

  #info(id: number): { programName?: string; tag?: string } {
    if (!this.#known.has(id)) this.#known.set(id, this.#ask(id));
    return this.#known.get(id) ?? {};
  }

  #ask(id: number): { programName: string; tag: string } | undefined {
    try {
      using program = BpfProgram.fromId(id);
      const { name, tag } = program.info();
      return { programName: name, tag };
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) this.#refused('names of programs', error);
      return undefined;
    }
  }
}
