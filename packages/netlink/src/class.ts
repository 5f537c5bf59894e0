import { decode, type Infer, type UnknownAttr } from '@tsnctl/codec';
import { compact } from './compact.ts';
import { fieldsInside } from './field-names.ts';
import { formatHandle, TC_H_ROOT } from './handle.ts';
import { dev } from './link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from './message.ts';
import { type ClassOptions, type QdiscAppStats, qdiscKinds } from './qdisc/kinds.ts';
import { refuse } from './refuse.ts';
import { change, type NetlinkRequest, query } from './request.ts';
import { RTM_DELTCLASS, RTM_GETTCLASS, RTM_NEWTCLASS } from './rtm.ts';
import { tcMessage } from './tc-message.ts';
import { statsOf, type TcStats } from './tc-stats.ts';

/** A class of a qdisc. With mq, mqprio and taprio a class is a TX queue. */
export interface TrafficClass<Kind extends string = string> {
  readonly index: number;
  /** Its id, as a number: `1:2` is 0x10002, see formatHandle. */
  readonly handle: number;
  readonly parent: number;
  /** The kind of the qdisc that it belongs to. */
  readonly kind: Kind;
  /** The handle of the qdisc inside it; 0 for one without a handle, such as a default. */
  readonly leaf: number;
  /** The TX queue that it stands for, counted from 0. */
  readonly txQueue?: number;
  /** As bytes where its kind has classes that are not encoded here. */
  readonly options?: ClassOptions<Kind> | Uint8Array;
  readonly stats?: TcStats & { readonly app?: QdiscAppStats<Kind> };
  readonly unknown?: readonly UnknownAttr[];
}

/** Whether a class is of that kind, so that its options are known. */
export function isClass<Kind extends string>(it: TrafficClass, kind: Kind): it is TrafficClass<Kind> {
  return it.kind === kind;
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
  const body = { ...empty, index, parent, attrs: {} };
  return query(words.join(' '), RTM_GETTCLASS, classMessage, body, classOf, { dump: true });
}

/** The body of an RTM_NEWTCLASS or RTM_DELTCLASS, answer or event, to the class that it tells of. @throws CodecError */
export function decodeClass(body: Uint8Array): TrafficClass {
  return classOf(decode(classMessage, body));
}

/** Which class, `handle` by its id: 0x10002 is `1:2`. The class or qdisc above it is `parent`. */
export interface ClassSpec<Kind extends string = string> {
  readonly index: number;
  readonly kind: Kind;
  readonly parent: number;
  readonly handle: number;
  readonly options: ClassOptions<Kind>;
  /** What an answer had that has no name here: sent as it came. */
  readonly unknown?: readonly UnknownAttr[];
}

/** Add a class; EEXIST if there is one. Equivalent to: tc class add dev NAME ... @throws TsnctlError SPEC */
export function addClass<Kind extends string>(spec: ClassSpec<Kind>): NetlinkRequest<void> {
  return put('add', NLM_F_CREATE | NLM_F_EXCL, spec);
}

/** Add a class, or change the one that is there. Equivalent to: tc class replace dev NAME ... @throws TsnctlError SPEC */
export function replaceClass<Kind extends string>(spec: ClassSpec<Kind>): NetlinkRequest<void> {
  return put('replace', NLM_F_CREATE, spec);
}

/** Change a class; ENOENT if there is none. Equivalent to: tc class change dev NAME ... @throws TsnctlError SPEC */
export function changeClass<Kind extends string>(spec: ClassSpec<Kind>): NetlinkRequest<void> {
  return put('change', 0, spec);
}

/** Remove a class; EBUSY while one is below it, or a filter leads to it. Equivalent to: tc class del dev NAME classid 1:2 */
export function deleteClass({ index, handle }: Pick<ClassSpec, 'index' | 'handle'>): NetlinkRequest<void> {
  const equivalent = `tc class del dev ${dev(index)} classid ${formatHandle(handle)}`;
  return change(equivalent, RTM_DELTCLASS, 0, classMessage, { ...empty, index, handle, attrs: {} });
}

function put(verb: string, flags: number, spec: ClassSpec): NetlinkRequest<void> {
  const { index, kind, parent, handle, options } = spec;
  const row = qdiscKinds.get(kind)?.classes;
  if (row === undefined) refuse('kind', `the classes of ${kind} cannot be made or changed here`, 'htb');
  row.check(options);
  const where = parent === TC_H_ROOT ? ['root'] : ['parent', formatHandle(parent)];
  return change(
    ['tc class', verb, 'dev', dev(index), ...where, 'classid', formatHandle(handle), kind]
      .concat(row.words(options).map(String))
      .join(' '),
    RTM_NEWTCLASS,
    flags,
    classMessage,
    { ...empty, index, parent, handle, attrs: { kind, options, unknown: spec.unknown } },
    fieldsInside('options', row.fields),
  );
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
    options: attrs.options,
    stats: statsOf(attrs.stats),
    unknown: attrs.unknown,
  });
}

const empty = { family: 0, index: 0, handle: 0, parent: 0, info: 0 };

const classMessage = tcMessage(
  [...qdiscKinds.values()].map(({ kind, classes, appStats }) =>
    compact({ kind, options: classes?.options, appStats }),
  ),
);
