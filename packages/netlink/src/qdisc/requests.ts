import type { Infer, UnknownAttr } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { formatHandle, TC_H_ROOT } from '../handle.ts';
import { dev } from '../link/requests.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from '../message.ts';
import { change, type NetlinkRequest, query } from '../request.ts';
import { RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC } from '../rtm.ts';
import { tcMessage } from '../tc-message.ts';
import { qdiscKinds } from './kinds.ts';

/** A qdisc. Handles are numbers, `1:` is 0x10000: see formatHandle. */
export interface Qdisc {
  readonly index: number;
  readonly handle: number;
  readonly parent: number;
  readonly kind: string;
  /** In the kind's own layout; bytes for a kind that is not encoded here. */
  readonly options?: unknown;
  /** The NIC does it. */
  readonly offloaded: boolean;
  readonly unknown?: readonly UnknownAttr[];
}

/** The qdiscs of the namespace, or of one interface. Equivalent to: tc qdisc show */
export function listQdiscs({ index }: { readonly index?: number } = {}): NetlinkRequest<Qdisc> {
  const words = index === undefined ? 'tc qdisc show' : `tc qdisc show dev ${dev(index)}`;
  return query(words, RTM_GETQDISC, qdiscMessage, { ...empty, index: index ?? 0, attrs: {} }, qdiscOf, {
    dump: true,
    accepts: (reply) => index === undefined || reply.index === index,
  });
}

/** Which qdisc. `parent` is the root and `handle` the kernel's choice unless told, or unless the kind has its own. */
export interface QdiscSpec {
  readonly index: number;
  readonly kind: string;
  readonly parent?: number;
  readonly handle?: number;
  readonly options?: unknown;
}

/** Add a qdisc; EEXIST if there is one. Equivalent to: tc qdisc add dev NAME ... */
export function addQdisc(spec: QdiscSpec): NetlinkRequest<void> {
  const { parent, handle } = placeOf(spec);
  const { index, kind, options } = spec;
  const body = { ...empty, index, parent, handle, attrs: { kind, options } };
  return change(`tc qdisc add ${place(spec)}`, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, qdiscMessage, body);
}

/** Remove a qdisc; the interface gets back its default. Equivalent to: tc qdisc del dev NAME ... */
export function deleteQdisc(
  spec: Omit<QdiscSpec, 'kind' | 'options'> & { kind?: string },
): NetlinkRequest<void> {
  const { parent, handle } = placeOf(spec);
  const body = { ...empty, index: spec.index, parent, handle, attrs: { kind: spec.kind } };
  return change(`tc qdisc del ${place(spec)}`, RTM_DELQDISC, 0, qdiscMessage, body);
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
  return compact({
    index,
    handle,
    parent,
    kind: attrs.kind ?? '',
    options: isEmpty(attrs.options) ? undefined : attrs.options,
    offloaded: attrs.hwOffload === 1,
    unknown: attrs.unknown,
  });
}

/** clsact has options without contents. */
function isEmpty(options: unknown): boolean {
  return options instanceof Uint8Array && options.length === 0;
}

const qdiscMessage = tcMessage(qdiscKinds.values());

const empty = { family: 0, index: 0, handle: 0, parent: 0, info: 0 };
