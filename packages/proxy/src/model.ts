import type { Policy } from './policy.ts';

/** The clock in which an uplink's qdisc expects launch times. */
export type UplinkClock = 'none' | 'mono' | 'tai';

/** Where a pod's priority is read: off its socket at the host side, or inside the pod. */
export type Mode = 'host' | 'pod';

/** How programs are attached: by links, which come before all filters, or as filters of a clsact qdisc. */
export type Via = 'tcx' | 'clsact';

/** Which of our programs stands on an interface; its name in the kernel. */
export type Role = 'strip' | 'saver' | 'gate' | 'pod_saver' | 'restorer';

/** Where a program is met: as a packet comes from the pod, as it goes out, or inside the pod as it leaves. */
export type Hook = 'ingress' | 'egress' | 'inside';

export const hookOf: Record<Role, Hook> = {
  strip: 'ingress',
  saver: 'ingress',
  gate: 'ingress',
  pod_saver: 'inside',
  restorer: 'egress',
};

export const ROLES = Object.keys(hookOf) as Role[];

/**
 * Of clsact filters: ahead of all that leave the choice to the kernel; inside the pod behind them, to see what
 * they set.
 */
export const filterPriorities: Record<Hook, number> = { ingress: 1, egress: 1, inside: 0xffff };

/** The program on the host side of a pod with a policy. */
export const podRole: Record<Mode, Role> = { host: 'saver', pod: 'gate' };

/** An interface of the namespace, as far as the proxy is concerned. */
export interface Interface {
  ifindex: number;
  name: string;
  /** veth, netkit, vlan, bond ...; undefined for hardware. */
  kind: string | undefined;
  /** Its peer lies in another namespace: the host side of a pod. */
  podSide: boolean;
  /** Kinds of its qdiscs, root and children. */
  qdiscs: readonly string[];
}

/** One of our programs in place. `ifindex` is always that of this namespace: the host side, for pod_saver. */
export interface Attachment {
  ifindex: number;
  role: Role;
  via: Via;
  /** First in order on its hook. */
  first: boolean;
}

/** One of our links that no pin of ours holds: its BPF file system has gone, but some other process still has it. */
export interface LooseLink {
  ifindex: number;
  role: Role;
  linkId: number;
}

export interface ObservedPod {
  ifindex: number;
  policy: Policy;
}

export interface ObservedUplink {
  ifindex: number;
  clock: UplinkClock;
  stacked: boolean;
}

/** What this kernel lets the proxy do. */
export interface Abilities {
  /** The release, as `uname -r` has it. */
  kernel: string;
  /** Links on tcx hooks, since 6.6. */
  tcx: boolean;
  /** Launch times keep their clock across namespaces, since 6.11: a pod's packets can be read at its host side. */
  hostMode: boolean;
}

/** What is there, in one network namespace. */
export interface Observed {
  abilities: Abilities;
  interfaces: readonly Interface[];
  /** The maps exist, all of them. */
  tables: boolean;
  attachments: readonly Attachment[];
  pods: readonly ObservedPod[];
  uplinks: readonly ObservedUplink[];
  /** Pins whose interface has gone or moved away, and maps of a change that was killed half-way. */
  stale: readonly string[];
  /** Programs of ours that nobody can tell anything any more. */
  loose?: readonly LooseLink[];
}

export interface DesiredPod {
  name: string;
  policy: Policy;
  mode: Mode;
  /** A path of its network namespace, where somebody knows one: without it, all of this machine are looked at. */
  netns?: string;
}

export interface DesiredUplink {
  name: string;
  clock: UplinkClock;
  stacked: boolean;
}

/** What shall be there. Pods without a policy need no mention: where there is an uplink, they are stripped. */
export interface Desired {
  pods: readonly DesiredPod[];
  uplinks: readonly DesiredUplink[];
  via: Via;
  /** Pods without a policy that are left alone for now, if nothing of ours is there yet. */
  left?: readonly string[];
}

/** One change of the node: data, carried out by `perform`. */
export type Step =
  | { do: 'create-tables' }
  | { do: 'remove-tables' }
  | { do: 'attach'; role: Role; via: Via; ifindex: number; name: string; netns?: string }
  | { do: 'detach'; role: Role; via: Via; ifindex: number; name: string }
  | { do: 'switch'; from: Role; to: Role; via: Via; ifindex: number; name: string }
  | { do: 'move-first'; role: Role; via: Via; ifindex: number; name: string }
  | { do: 'set-pod'; ifindex: number; name: string; policy: Policy | undefined; former: Policy | undefined }
  | {
      do: 'set-uplink';
      ifindex: number;
      name: string;
      uplink: Omit<ObservedUplink, 'ifindex'> | undefined;
      former: Omit<ObservedUplink, 'ifindex'> | undefined;
    }
  | { do: 'remove-stale-pin'; path: string }
  | { do: 'detach-loose'; role: Role; ifindex: number; name: string; linkId: number };
