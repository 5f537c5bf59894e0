import { decode, type Infer, type UnknownAttr } from '@tsnctl/codec';
import { fieldsInside } from '../field-names.ts';
import { formatHandle, TC_H_ROOT } from '../handle.ts';
import { dev } from '../link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../message.ts';
import { refuse } from '../refuse.ts';
import { change, type NetlinkRequest, query } from '../request.ts';
import { RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC } from '../rtm.ts';
import { tcMessage } from '../tc-message.ts';
import { statsOf, type TcStats } from '../tc-stats.ts';
import { type QdiscAppStats, type QdiscOptions, qdiscKinds } from './kinds.ts';

/** A qdisc. Handles are numbers, `1:` is 0x10000: see formatHandle. */
export interface Qdisc<Kind extends string = string> {
  readonly index: number;
  readonly handle: number;
  readonly parent: number;
  readonly kind: Kind;
  /** In the kind's own layout; bytes for a kind that is not encoded here. */
  readonly options?: QdiscOptions<Kind>;
  /** The NIC does it. */
  readonly offloaded: boolean;
  readonly stats?: TcStats & { readonly app?: QdiscAppStats<Kind> };
  readonly unknown?: readonly UnknownAttr[];
}

/** Whether a qdisc is of a kind; if so, its options have that kind's type. */
export function isQdisc<Kind extends string>(qdisc: Qdisc, kind: Kind): qdisc is Qdisc<Kind> {
  return qdisc.kind === kind;
}

/** The qdiscs of the namespace, or of one interface, with their statistics. Equivalent to: tc -s qdisc show */
export function listQdiscs({ index }: { readonly index?: number } = {}): NetlinkRequest<Qdisc> {
  const words = index === undefined ? 'tc qdisc show' : `tc qdisc show dev ${dev(index)}`;
  return query(words, RTM_GETQDISC, qdiscMessage, { ...empty, index: index ?? 0, attrs: {} }, qdiscOf, {
    dump: true,
    accepts: (reply) => index === undefined || reply.index === index,
  });
}

/** The body of an RTM_NEWQDISC or RTM_DELQDISC, answer or event, to the qdisc that it tells of. @throws CodecError */
export function decodeQdisc(body: Uint8Array): Qdisc {
  return qdiscOf(decode(qdiscMessage, body));
}

/** Which qdisc. `parent` is the root and `handle` the kernel's choice unless told, or unless the kind has its own. */
export interface QdiscSpec<Kind extends string = string> {
  readonly index: number;
  readonly kind: Kind;
  readonly parent?: number;
  readonly handle?: number;
  readonly options?: QdiscOptions<Kind> | undefined;
  /** What an answer had that has no name here, such as a size table (tc-stab(8)): sent as it came. */
  readonly unknown?: readonly UnknownAttr[] | undefined;
}

/** Add a qdisc; EEXIST if there is one. Equivalent to: tc qdisc add dev NAME ... @throws TsnctlError SPEC */
export function addQdisc<Kind extends string>(spec: QdiscSpec<Kind>): NetlinkRequest<void> {
  return put('add', NLM_F_CREATE | NLM_F_EXCL, spec);
}

/**
 * Add a qdisc in the place of whatever is there; one of the same kind and handle is changed.
 * Equivalent to: tc qdisc replace dev NAME ... @throws TsnctlError SPEC
 */
export function replaceQdisc<Kind extends string>(spec: QdiscSpec<Kind>): NetlinkRequest<void> {
  return put('replace', NLM_F_CREATE | NLM_F_REPLACE, spec);
}

/** Change a qdisc that is there; ENOENT if there is none. Equivalent to: tc qdisc change dev NAME ... @throws TsnctlError SPEC */
export function changeQdisc<Kind extends string>(spec: QdiscSpec<Kind>): NetlinkRequest<void> {
  return put('change', 0, spec);
}

/** Remove a qdisc; the interface gets back its default. Equivalent to: tc qdisc del dev NAME ... */
export function deleteQdisc(
  spec: Omit<QdiscSpec, 'kind' | 'options' | 'unknown'> & { kind?: string },
): NetlinkRequest<void> {
  const { parent, handle } = placeOf(spec);
  const body = { ...empty, index: spec.index, parent, handle, attrs: { kind: spec.kind } };
  return change(`tc qdisc del ${place(spec)}`, RTM_DELQDISC, 0, qdiscMessage, body);
}

function put(verb: string, flags: number, spec: QdiscSpec): NetlinkRequest<void> {
  const { index, kind } = spec;
  const row = qdiscKinds.get(kind);
  const options = spec.options ?? row?.defaults;
  if (row?.rootOnly && placeOf(spec).parent !== TC_H_ROOT) {
    refuse('parent', `${kind} can only be an interface's root`, 'no parent');
  }
  row?.check?.(options ?? {});
  const equivalent = () => {
    const words = spec.options === undefined ? [] : (row?.words?.(spec.options) ?? []);
    return [`tc qdisc ${verb} ${place(spec)}`, ...words].join(' ');
  };
  const body = { ...empty, index, ...placeOf(spec), attrs: { kind, options, unknown: spec.unknown } };
  return change(equivalent, RTM_NEWQDISC, flags, qdiscMessage, body, fieldsInside('options', row?.fields));
}

function placeOf({ kind, parent, handle }: { kind?: string; parent?: number; handle?: number }) {
  const row = qdiscKinds.get(kind ?? '');
  return { parent: parent ?? row?.parent ?? TC_H_ROOT, handle: handle ?? row?.handle ?? 0 };
}

function place(spec: { index: number; kind?: string; parent?: number; handle?: number }): string {
  const { parent } = placeOf(spec);
  const fixed = qdiscKinds.get(spec.kind ?? '')?.parent === parent;
  const where = fixed ? [] : parent === TC_H_ROOT ? ['root'] : ['parent', formatHandle(parent)];
  const handle = spec.handle ? ['handle', formatHandle(spec.handle)] : [];
  return ['dev', dev(spec.index), ...where, ...handle, ...(spec.kind ? [spec.kind] : [])].join(' ');
}

function qdiscOf({ index, handle, parent, attrs }: Infer<typeof qdiscMessage>): Qdisc {
  const { kind = '', options, hwOffload, unknown } = attrs;
  const stats = statsOf(attrs.stats);
  const qdisc: Mutable<Qdisc> = { index, handle, parent, kind, offloaded: hwOffload === 1 };
  if (options !== undefined && !isEmpty(options)) qdisc.options = options;
  if (stats !== undefined) qdisc.stats = stats;
  if (unknown !== undefined) qdisc.unknown = unknown;
  return qdisc;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** clsact has options without contents. */
function isEmpty(options: unknown): boolean {
  return options instanceof Uint8Array && options.length === 0;
}

const qdiscMessage = tcMessage(qdiscKinds.values());

const empty = { family: 0, index: 0, handle: 0, parent: 0, info: 0 };
