import { isErrno, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { listFilters } from '@tsnctl/netlink';
import { BpfProgram, queryTcx } from 'libbpf-ts';
import { hasTcx } from '../../abilities.ts';
import type { Attachment, Hook } from '../../model.ts';
import { hookOf, ROLES } from '../../model.ts';
import type { HookFacts } from '../node-facts.ts';

interface Where {
  readonly ifindex: number;
  readonly name: string;
  readonly direction: 'ingress' | 'egress';
}

/** Names of the programs on these hooks, tcx before filters. Ours are known by what is attached. */
export function readHooks(
  netns: NetNs,
  places: readonly Where[],
  attachments: readonly Attachment[],
): HookFacts[] {
  using socket = NetlinkSocket.open({ netns });
  const tcx = hasTcx();
  return places.map(({ ifindex, name, direction }) => {
    const ours = attachments.filter(
      (one) => one.ifindex === ifindex && hookOf[one.role] === (direction satisfies Hook),
    );
    const links = tcx
      ? queryTcx({ ifindex, direction, netns }).map(({ programId }) => nameOf(programId))
      : [];
    const filters = socket
      .request(listFilters({ index: ifindex, hook: direction }))
      .filter(({ handle }) => handle !== 0)
      .map(({ kind, bpf }) => bpf?.name ?? kind);
    return {
      interface: name,
      direction,
      programs: [...links, ...filters].map((label) => {
        const role = ROLES.find((one) => label === one || label.startsWith(`tsnctl:${one}`));
        const isOurs = role !== undefined && ours.some((one) => one.role === role);
        return isOurs ? { name: label, role } : { name: label };
      }),
    };
  });
}

/** Programs of other owners can be listed with CAP_SYS_ADMIN alone; one can go meanwhile. */
function nameOf(programId: number): string {
  try {
    using program = BpfProgram.fromId(programId);
    return program.info().name;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EPERM')) return `program ${programId}`;
    throw error;
  }
}
