import type { Policy } from './policy.ts';

/** The clock in which an uplink's qdisc expects launch times. */
export type UplinkClock = 'none' | 'mono' | 'tai';

/** Which of our programs stands on an interface. */
export type Role = 'strip' | 'saver' | 'restorer';

/** The hook of each role: pods are met as they come in, uplinks as packets go out. */
export const directionOf: Record<Role, 'ingress' | 'egress'> = {
  strip: 'ingress',
  saver: 'ingress',
  restorer: 'egress',
};

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

/** One of our links. */
export interface Attachment {
  ifindex: number;
  role: Role;
  /** First in order on its hook. */
  first: boolean;
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

/** What is there, in one network namespace. */
export interface Observed {
  interfaces: readonly Interface[];
  /** The maps exist, all of them. */
  tables: boolean;
  attachments: readonly Attachment[];
  pods: readonly ObservedPod[];
  uplinks: readonly ObservedUplink[];
  /** Pins whose interface has gone, and maps of a change that was killed half-way. */
  stale: readonly string[];
}

export interface DesiredPod {
  name: string;
  policy: Policy;
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
}

/** One change of the node: data, carried out by `perform`. */
export type Step =
  | { do: 'create-tables' }
  | { do: 'remove-tables' }
  | { do: 'attach'; role: Role; ifindex: number; name: string }
  | { do: 'detach'; role: Role; ifindex: number; name: string }
  | { do: 'switch'; from: Role; to: Role; ifindex: number; name: string }
  | { do: 'move-first'; role: Role; ifindex: number; name: string }
  | { do: 'set-pod'; ifindex: number; name: string; policy: Policy | undefined; former: Policy | undefined }
  | {
      do: 'set-uplink';
      ifindex: number;
      name: string;
      uplink: Omit<ObservedUplink, 'ifindex'> | undefined;
      former: Omit<ObservedUplink, 'ifindex'> | undefined;
    }
  | { do: 'remove-stale-pin'; path: string };
