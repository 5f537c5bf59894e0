import { TsnctlError } from '@tsnctl/codec';
import { Fd, type NetNs } from '@tsnctl/linux';
import { idAttr, linkDetachAttr, linkInfo, linkUpdateAttr, tcxLinkAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { objectIds } from './ids.ts';
import { objectInfo } from './info.ts';
import { openPin, pin } from './pin.ts';

/** What comes from an interface, or goes out by it. */
export type Direction = 'ingress' | 'egress';

/** Where a program goes on a tcx hook. */
export interface TcxTarget {
  ifindex: number;
  direction: Direction;
  /** Where among the programs on the hook; last by default. */
  position?: 'first' | 'last';
  /** The interface's namespace; this process's own by default. */
  netns?: NetNs;
}

/** Which half of a netkit pair sends what the program sees: the one outside the pod, or the pod's. */
export type NetkitSide = 'primary' | 'peer';

/** Programs of a netkit pair are attached by its primary interface, which stays outside of the pod. */
export interface NetkitTarget {
  ifindex: number;
  side: NetkitSide;
  position?: 'first' | 'last';
  netns?: NetNs;
}

/**
 * What the kernel says of any link. `ifindex` where it is on an interface: 0 when that has gone or it is detached; of a
 * netkit's peer side the peer's own.
 */
export interface BpfLinkInfo {
  readonly id: number;
  /** As bpftool spells it: `tcx`, `xdp`, `tracing`. */
  readonly type: string;
  readonly programId: number;
  readonly ifindex?: number;
  readonly hook?: Direction | NetkitSide;
}

/** BPF_TCX_INGRESS and BPF_TCX_EGRESS, enum bpf_attach_type. */
export const tcxAttachType: Record<Direction, number> = { ingress: 46, egress: 47 };
/** BPF_NETKIT_PRIMARY and BPF_NETKIT_PEER */
const netkitAttachType: Record<NetkitSide, number> = { primary: 54, peer: 55 };

/** enum bpf_link_type in linux/bpf.h */
const linkTypes = [
  'unspec',
  'raw_tracepoint',
  'tracing',
  'cgroup',
  'iter',
  'netns',
  'xdp',
  'perf_event',
  'kprobe_multi',
  'struct_ops',
  'netfilter',
  'tcx',
  'uprobe_multi',
  'netkit',
  'sockmap',
];
const BPF_LINK_TYPE_TCX = linkTypes.indexOf('tcx');
const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;

/**
 * An attachment. It lasts while this object is open or the link is pinned.
 *
 *     for (const id of BpfLink.ids()) {
 *       using link = BpfLink.fromId(id);
 *       console.log(link.describe().type);
 *     }
 */
export class BpfLink implements Disposable {
  readonly #fd: Fd;

  /** Takes over `fd`. */
  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** See BpfProgram.attachTcx. ENODEV where there is no such interface, EEXIST where the program is there already. */
  static createTcx(progFd: number, target: TcxTarget): BpfLink {
    return create(progFd, tcxAttachType[target.direction], target);
  }

  /** See BpfProgram.attachNetkit. ENXIO where the interface is no netkit, EACCES where it is the peer. */
  static createNetkit(progFd: number, target: NetkitTarget): BpfLink {
    return create(progFd, netkitAttachType[target.side], target);
  }

  /** Open a pinned link; FOREIGN_PIN where something else is pinned there. */
  static pinned(path: string): BpfLink {
    return new BpfLink(openPin(path, 'link'));
  }

  /** Open a link by its id, whoever made it; ENOENT where it has gone. Needs CAP_SYS_ADMIN. */
  static fromId(id: number): BpfLink {
    return new BpfLink(new Fd(bpf('LINK_GET_FD_BY_ID', idAttr, { id, nextId: 0, openFlags: 0 }).result));
  }

  /** The ids of all links of this machine. Needs CAP_SYS_ADMIN. Equivalent to: bpftool link show */
  static ids(): Generator<number, void> {
    return objectIds('LINK_GET_NEXT_ID');
  }

  /** The descriptor; it stays owned by this object. */
  get fd(): number {
    return this.#fd.number;
  }

  /** What kind of attachment it is, and of which program. Equivalent to: bpftool link show id ID */
  describe(): BpfLinkInfo {
    const { type, id, progId, first, second } = objectInfo(this.fd, linkInfo);
    const name = linkTypes[type] ?? `type ${type}`;
    const common = { id, type: name, programId: progId };
    if (name === 'xdp') return { ...common, ifindex: first };
    const hook = hooks.get(second);
    return hook && (name === 'tcx' || name === 'netkit') ? { ...common, ifindex: first, hook } : common;
  }

  /** Of a tcx link. `ifindex` is 0 when the interface has gone or the link is detached. Equivalent to: bpftool link show id ID */
  info(): { id: number; programId: number; ifindex: number; direction: Direction } {
    const { type, id, progId, first: ifindex, second: attachType } = objectInfo(this.fd, linkInfo);
    if (type !== BPF_LINK_TYPE_TCX) {
      throw new TsnctlError('NOT_TCX', `the link ${id} is not a tcx attachment`, {
        hint: `bpftool link show id ${id}`,
      });
    }
    return {
      id,
      programId: progId,
      ifindex,
      direction: attachType === tcxAttachType.ingress ? 'ingress' : 'egress',
    };
  }

  /** Put another program in place, atomically: each packet meets the old one or the new one. ENOLINK once detached. */
  update(program: { fd: number }): void {
    bpf('LINK_UPDATE', linkUpdateAttr, { linkFd: this.fd, newProgFd: program.fd, flags: 0, oldProgFd: 0 });
  }

  /** Take the program off the hook now, whoever else holds the link. Equivalent to: bpftool link detach id ID */
  detach(): void {
    bpf('LINK_DETACH', linkDetachAttr, { linkFd: this.fd });
  }

  /** Give it a path on a BPF file system, where it outlives this process. Equivalent to: bpftool link pin id ID PATH */
  pin(path: string): void {
    pin(this.fd, path);
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}

const hooks = new Map<number, Direction | NetkitSide>([
  ...Object.entries(tcxAttachType).map(([hook, type]) => [type, hook as Direction] as const),
  ...Object.entries(netkitAttachType).map(([side, type]) => [type, side as NetkitSide] as const),
]);

function create(progFd: number, attachType: number, target: Omit<TcxTarget, 'direction'>): BpfLink {
  const call = () =>
    bpf('LINK_CREATE', tcxLinkAttr, {
      progFd,
      targetIfindex: target.ifindex,
      attachType,
      flags: target.position === 'first' ? BPF_F_BEFORE : BPF_F_AFTER,
      relativeFd: 0,
      expectedRevision: 0n,
    }).result;
  return new BpfLink(new Fd(target.netns ? target.netns.run(call) : call()));
}
