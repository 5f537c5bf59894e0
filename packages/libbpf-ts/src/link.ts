import { TsnctlError } from '@tsnctl/codec';
import { Fd, type NetNs } from '@tsnctl/linux';
import { idAttr, linkDetachAttr, linkUpdateAttr, tcxLinkAttr, tcxLinkInfo } from './attr.ts';
import { bpf } from './bpf.ts';
import { objectInfo } from './info.ts';
import { openPin, pin } from './pin.ts';

export type Direction = 'ingress' | 'egress';

export interface TcxTarget {
  ifindex: number;
  direction: Direction;
  /** Where among the programs on the hook; last by default. */
  position?: 'first' | 'last';
  /** The interface's namespace; this process's own by default. */
  netns?: NetNs;
}

/** BPF_TCX_INGRESS and BPF_TCX_EGRESS, enum bpf_attach_type. */
export const tcxAttachType: Record<Direction, number> = { ingress: 46, egress: 47 };
const BPF_LINK_TYPE_TCX = 11; // enum bpf_link_type
const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;

/** An attachment. It lasts while this object is open or the link is pinned. */
export class BpfLink implements Disposable {
  readonly #fd: Fd;

  /** Takes over `fd`. */
  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** See BpfProgram.attachTcx. ENODEV where there is no such interface, EEXIST where the program is there already. */
  static createTcx(progFd: number, target: TcxTarget): BpfLink {
    const create = () =>
      bpf('LINK_CREATE', tcxLinkAttr, {
        progFd,
        targetIfindex: target.ifindex,
        attachType: tcxAttachType[target.direction],
        flags: target.position === 'first' ? BPF_F_BEFORE : BPF_F_AFTER,
        relativeFd: 0,
        expectedRevision: 0n,
      }).result;
    return new BpfLink(new Fd(target.netns ? target.netns.run(create) : create()));
  }

  /** Open a pinned link; FOREIGN_PIN where something else is pinned there. */
  static pinned(path: string): BpfLink {
    return new BpfLink(openPin(path, 'link'));
  }

  /** Open a link by its id, whoever made it; ENOENT where it has gone. Needs CAP_SYS_ADMIN. */
  static fromId(id: number): BpfLink {
    return new BpfLink(new Fd(bpf('LINK_GET_FD_BY_ID', idAttr, { id, nextId: 0, openFlags: 0 }).result));
  }

  /** The descriptor; it stays owned by this object. */
  get fd(): number {
    return this.#fd.number;
  }

  /** `ifindex` is 0 when the interface has gone or the link is detached. Equivalent to: bpftool link show id ID */
  info(): { id: number; programId: number; ifindex: number; direction: Direction } {
    const { type, id, progId, ifindex, attachType } = objectInfo(this.fd, tcxLinkInfo);
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
