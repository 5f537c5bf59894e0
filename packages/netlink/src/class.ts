import type { Infer, UnknownAttr } from '@tsnctl/codec';
import { compact } from './compact.ts';
import { formatHandle } from './handle.ts';
import { dev } from './link/dev.ts';
import { qdiscKinds } from './qdisc/kinds.ts';
import { type NetlinkRequest, query } from './request.ts';
import { RTM_GETTCLASS } from './rtm.ts';
import { tcMessage } from './tc-message.ts';
import { statsOf, type TcStats } from './tc-stats.ts';

/** A class of a qdisc. With mq, mqprio and taprio a class is a TX queue. */
export interface TrafficClass {
  readonly index: number;
  /** Its id, as a number: `1:2` is 0x10002, see formatHandle. */
  readonly handle: number;
  readonly parent: number;
  /** The kind of the qdisc that it belongs to. */
  readonly kind: string;
  /** The handle of the qdisc inside it; 0 for one without a handle, such as a default. */
  readonly leaf: number;
  /** The TX queue that it stands for, counted from 0. */
  readonly txQueue?: number;
  /** As bytes: not as those of the qdisc. */
  readonly options?: Uint8Array;
  readonly stats?: TcStats;
  readonly unknown?: readonly UnknownAttr[];
}

/**
 * The classes of an interface's qdiscs, or those of the qdisc `parent`, with their statistics.
 * Equivalent to: tc -s class show dev NAME
 */
export function listClasses(which: {
  readonly index: number;
  readonly parent?: number;
}): NetlinkRequest<TrafficClass> {
  const { index, parent = 0 } = which;
  const words = ['tc class show dev', dev(index), ...(parent ? ['parent', formatHandle(parent)] : [])];
  const body = { family: 0, index, handle: 0, parent, info: 0, attrs: {} };
  return query(words.join(' '), RTM_GETTCLASS, classMessage, body, classOf, { dump: true });
}

function classOf({ index, handle, parent, info, attrs }: Infer<typeof classMessage>): TrafficClass {
  const kind = attrs.kind ?? '';
  return compact({
    index,
    handle,
    parent,
    kind,
    leaf: info,
    txQueue: qdiscKinds.get(kind)?.txQueueOf?.(handle & 0xffff),
    options: attrs.options as Uint8Array | undefined,
    stats: statsOf(attrs.stats),
    unknown: attrs.unknown,
  });
}

const classMessage = tcMessage(
  [...qdiscKinds.values()].map(({ kind, appStats }) => compact({ kind, appStats })),
);
