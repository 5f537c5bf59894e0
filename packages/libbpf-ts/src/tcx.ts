import { decode } from '@tsnctl/codec';
import { isErrno, type NetNs } from '@tsnctl/linux';
import { queryAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { type Direction, tcxAttachType } from './link.ts';

/** One program on a tcx hook; `linkId` 0 where it was attached without a link. */
export interface TcxEntry {
  programId: number;
  linkId: number;
}

const MAX_PROGRAMS = 64; // BPF_MPROG_MAX in linux/bpf_mprog.h

/**
 * The programs on one side of an interface, in the order in which they run; ENODEV where there is no such
 * interface. Since kernel 6.6. Equivalent to: bpftool net show dev NAME
 *
 *     for (const { programId } of queryTcx({ ifindex: 1, direction: 'ingress' })) console.log(programId);
 *
 * @throws SystemError
 */
export function queryTcx(target: { ifindex: number; direction: Direction; netns?: NetNs }): TcxEntry[] {
  const programIds = new Uint32Array(MAX_PROGRAMS);
  const linkIds = new Uint32Array(MAX_PROGRAMS);
  const query = () =>
    bpf('PROG_QUERY', queryAttr, {
      targetIfindex: target.ifindex,
      attachType: tcxAttachType[target.direction],
      queryFlags: 0,
      attachFlags: 0,
      progIds: programIds,
      count: MAX_PROGRAMS,
      progAttachFlags: null,
      linkIds: linkIds,
      linkAttachFlags: null,
      revision: 0n,
    });
  try {
    const { attr } = target.netns ? target.netns.run(query) : query();
    const { count } = decode(queryAttr, attr);
    return Array.from({ length: count }, (_, at) => ({
      programId: programIds[at] ?? 0,
      linkId: linkIds[at] ?? 0,
    }));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
