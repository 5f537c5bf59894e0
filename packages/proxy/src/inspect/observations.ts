import type { Filter, Link, Qdisc, TrafficClass } from '@tsnctl/netlink';
import type { AttachmentRecord } from '../cni/record.ts';
import type { Hook, Observed } from '../model.ts';
import type { Counters } from '../tables.ts';
import type { Given } from '../tune/tune-memory.ts';
import type { Unseen } from './schema.ts';

/** A program or filter where it runs; what could not be asked of it is missing. */
export interface FoundProgram {
  readonly programId?: number | undefined;
  readonly programName?: string | undefined;
  readonly tag?: string | undefined;
  /** A tcx link; 0 where it was attached without one. */
  readonly linkId?: number;
  /** A filter of a clsact qdisc. */
  readonly filter?: Filter;
}

/** What is on a hook, in the order in which it runs. `ifindex` is the host side's, also of what is inside a pod. */
export interface FoundHook {
  readonly ifindex: number;
  readonly hook: Hook;
  readonly programs: readonly FoundProgram[];
}

/** A link of ours at its pin. `target` is 0 once it is detached, or its interface has gone. */
export interface PinnedLink {
  readonly path: string;
  readonly ifindex: number;
  readonly hook: Hook;
  readonly linkId: number;
  readonly target: number;
}

/** What was counted at an interface; `byPriority` is its `saved` or `restored`. */
export interface FoundCounters {
  readonly of: 'pod' | 'uplink';
  readonly ifindex: number;
  readonly counters: Counters;
  readonly byPriority: readonly bigint[];
}

/** All that was looked at on a node, as far as it could be seen. */
export interface NodeObservations {
  readonly observedAt: Date;
  readonly kernel: string;
  readonly netns: { readonly name: string | null; readonly cookie: bigint };
  readonly links: readonly Link[];
  readonly qdiscs: readonly Qdisc[];
  readonly classes: readonly TrafficClass[];
  /** Interfaces that look like uplinks, and why. */
  readonly candidates: readonly { readonly name: string; readonly why: string }[];
  readonly hooks: readonly FoundHook[];
  /** Tables and attachments; undefined where they could not be read. */
  readonly observed: Observed | undefined;
  /** Something else lies at one of our pins. */
  readonly foreignPin?: { readonly message: string; readonly hint: string };
  readonly pinned: readonly PinnedLink[];
  /** What `tsnctl tune` has put at the roots of interfaces, as it remembers. */
  readonly tuned?: readonly Given[];
  readonly counters: readonly FoundCounters[];
  readonly records: readonly AttachmentRecord[];
  /** Pods with a record that does not say their policy: a policy source decides. */
  readonly decided: readonly { readonly ifindex: number }[];
  readonly unseen: readonly Unseen[];
}

/** `clearing (program 12, link 34)`, or what is known of it. */
export function programLabel({ programId, programName, linkId, filter }: FoundProgram): string {
  const name = programName || filter?.bpf?.name || filter?.kind || 'a program without a name';
  const ids = [
    ...(programId === undefined ? [] : [`program ${programId}`]),
    ...(linkId ? [`link ${linkId}`] : []),
    ...(filter ? [`filter of priority ${filter.priority}`] : []),
  ];
  return ids.length > 0 ? `${name} (${ids.join(', ')})` : name;
}
