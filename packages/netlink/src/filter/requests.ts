import { type Codec, decode, type Infer, type UnknownAttr } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { FieldNames } from '../field-names.ts';
import { formatHandle, TC_H_EGRESS_HOOK, TC_H_INGRESS_HOOK } from '../handle.ts';
import { dev } from '../link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from '../message.ts';
import { change, type NetlinkRequest, query } from '../request.ts';
import { RTM_DELTFILTER, RTM_GETTFILTER, RTM_NEWTFILTER } from '../rtm.ts';
import { tcMessage } from '../tc-message.ts';
import { type Word, word, words } from '../words.ts';
import { type BpfFilter, bpf, bpfOptions } from './bpf.ts';
import { type MatchallFilter, matchall, matchallOptions } from './matchall.ts';

/** A side of an interface's clsact qdisc. */
export type FilterHook = 'ingress' | 'egress';

/** Which filter: less `priority` runs earlier. `handle` tells those of one priority apart; the first has 1. */
export interface FilterPlace {
  readonly index: number;
  /** A side of clsact; or another qdisc, which gets its packets sorted into classes, by its handle: 0x10000 is `1:`. */
  readonly hook: FilterHook | number;
  readonly priority: number;
  readonly handle?: number;
}

/** A filter of a hook. The kernel also lists each priority once without a handle: `handle` is 0 there. */
export interface Filter {
  readonly index: number;
  readonly priority: number;
  /** An EtherType; 3 is all. */
  readonly protocol: number;
  readonly handle: number;
  readonly kind: string;
  readonly chain?: number;
  readonly bpf?: BpfFilter;
  readonly matchall?: MatchallFilter;
  /** As bytes, of a kind that has no file here. */
  readonly options?: Uint8Array;
  readonly unknown?: readonly UnknownAttr[];
}

/**
 * Run a BPF program for all packets of a hook; EEXIST if the place is taken and `replace` is not asked for.
 * With `directAction` the program's result is the verdict. Equivalent to: tc filter add dev NAME ingress bpf da ...
 */
export function addBpfFilter(
  spec: FilterPlace & {
    readonly progFd: number;
    readonly name: string;
    readonly directAction: boolean;
    readonly replace?: boolean;
  },
): NetlinkRequest<void> {
  const { name, directAction } = spec;
  return put(spec, 'bpf', bpfOptions(spec), [...word('da', directAction), 'object-file', name]);
}

/**
 * Match every packet; EEXIST if the place is taken and `replace` is not asked for.
 * Equivalent to: tc filter add dev NAME ingress matchall classid 1:2
 */
export function addMatchallFilter(
  spec: FilterPlace & MatchallFilter & { readonly replace?: boolean },
): NetlinkRequest<void> {
  const { classid, skip } = spec;
  return put(spec, 'matchall', matchallOptions(spec), [
    ...(skip ? [`skip_${skip}`] : []),
    ...words({ classid: classid === undefined ? undefined : formatHandle(classid) }),
  ]);
}

/** Remove a filter, of BPF unless told. Equivalent to: tc filter del dev NAME ingress prio N protocol all handle H bpf */
export function deleteFilter(spec: FilterPlace & { readonly kind?: string }): NetlinkRequest<void> {
  const { kind = 'bpf' } = spec;
  const body = { ...place(spec), attrs: { kind } };
  return change(`tc filter del ${placeWords(spec)} ${kind}`, RTM_DELTFILTER, 0, filterMessage, body);
}

/** The body of an RTM_NEWTFILTER or RTM_DELTFILTER to the filter that it tells of. @throws CodecError */
export function decodeFilter(body: Uint8Array): Filter {
  return filterOf(decode(filterMessage, body));
}

/** The filters of a hook, in the order in which they run. Equivalent to: tc filter show dev NAME ingress */
export function listFilters(which: {
  readonly index: number;
  readonly hook: FilterHook | number;
}): NetlinkRequest<Filter> {
  const { index, hook } = which;
  const body = { family: 0, index, handle: 0, parent: parentOf(hook), info: 0, attrs: {} };
  const equivalent = `tc filter show dev ${dev(index)} ${hookWords(hook)}`;
  return query(equivalent, RTM_GETTFILTER, filterMessage, body, filterOf, { dump: true });
}

function put(
  spec: FilterPlace & { readonly replace?: boolean },
  kind: keyof typeof kinds,
  options: object,
  own: readonly Word[],
): NetlinkRequest<void> {
  const { replace } = spec;
  return change(
    [`tc filter ${replace ? 'replace' : 'add'}`, placeWords(spec), kind, ...own].join(' '),
    RTM_NEWTFILTER,
    NLM_F_CREATE | (replace ? 0 : NLM_F_EXCL),
    filterMessage,
    { ...place(spec), attrs: { kind, options } },
    namesOf(kinds[kind].fields),
  );
}

/** The options are fields of the spec itself. */
function namesOf(fields: FieldNames): FieldNames {
  return Object.fromEntries(Object.entries(fields).map(([path, name]) => [`options.${path}`, name]));
}

function filterOf({ index, handle, info, attrs }: Infer<typeof filterMessage>): Filter {
  const { kind = '', chain, options, unknown } = attrs;
  const row = Object.hasOwn(kinds, kind) ? kinds[kind as keyof typeof kinds] : undefined;
  return compact({
    index,
    priority: info >>> 16,
    protocol: swap16(info & 0xffff),
    handle,
    kind,
    chain,
    ...(options !== undefined &&
      (row ? { [kind]: row.view(options as never) } : { options: options as Uint8Array })),
    unknown,
  });
}

function place({ index, hook, priority, handle }: FilterPlace) {
  const info = ((priority << 16) | swap16(ETH_P_ALL)) >>> 0;
  return { family: 0, index, handle: handle ?? 0, parent: parentOf(hook), info };
}

function placeWords({ index, hook, priority, handle }: FilterPlace): string {
  const which = handle === undefined ? '' : ` handle ${handle}`;
  return `dev ${dev(index)} ${hookWords(hook)} prio ${priority} protocol all${which}`;
}

function hookWords(hook: FilterHook | number): string {
  return typeof hook === 'number' ? `parent ${formatHandle(hook)}` : hook;
}

function parentOf(hook: FilterHook | number): number {
  return typeof hook === 'number' ? hook : hooks[hook];
}

/** htons, on the little-endian machines that there are. */
function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

const kinds = { bpf, matchall } as const;

const filterMessage = tcMessage(
  Object.values(kinds).map(({ kind, options }) => ({ kind, options: options as Codec<unknown> })),
);

const hooks: Readonly<Record<FilterHook, number>> = { ingress: TC_H_INGRESS_HOOK, egress: TC_H_EGRESS_HOOK };
const ETH_P_ALL = 3; // linux/if_ether.h
