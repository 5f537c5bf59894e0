import { attrs, bytes, cstring, type Infer, u32 } from '@tsnctl/codec';
import { compact } from './compact.ts';
import { TC_H_EGRESS_HOOK, TC_H_INGRESS_HOOK } from './handle.ts';
import { dev } from './link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from './message.ts';
import { change, type NetlinkRequest, query } from './request.ts';
import { RTM_DELTFILTER, RTM_GETTFILTER, RTM_NEWTFILTER } from './rtm.ts';
import { tcMessage } from './tc-message.ts';

/** A side of an interface's clsact qdisc. */
export type FilterHook = 'ingress' | 'egress';

/** Which filter: less `priority` runs earlier. `handle` tells those of one priority apart; BPF's first has 1. */
export interface FilterPlace {
  readonly index: number;
  readonly hook: FilterHook;
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
  readonly bpf?: {
    readonly name?: string;
    readonly id?: number;
    readonly directAction: boolean;
    readonly tag?: Uint8Array;
  };
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
  const { progFd, name, directAction, replace } = spec;
  const verb = replace ? 'replace' : 'add';
  return change(
    `tc filter ${verb} ${words(spec)} bpf${directAction ? ' da' : ''} object-file ${name}`,
    RTM_NEWTFILTER,
    NLM_F_CREATE | (replace ? 0 : NLM_F_EXCL),
    filterMessage,
    {
      ...place(spec),
      attrs: {
        kind: 'bpf',
        options: { fd: progFd, name, flags: directAction ? TCA_BPF_FLAG_ACT_DIRECT : undefined },
      },
    },
    { 'options.fd': 'progFd', 'options.name': 'name', 'options.flags': 'directAction' },
  );
}

/** Remove a filter. Equivalent to: tc filter del dev NAME ingress prio N protocol all handle H bpf */
export function deleteFilter(spec: FilterPlace): NetlinkRequest<void> {
  const body = { ...place(spec), attrs: { kind: 'bpf' } };
  return change(`tc filter del ${words(spec)} bpf`, RTM_DELTFILTER, 0, filterMessage, body);
}

/** The filters of a hook, in the order in which they run. Equivalent to: tc filter show dev NAME ingress */
export function listFilters(which: {
  readonly index: number;
  readonly hook: FilterHook;
}): NetlinkRequest<Filter> {
  const { index, hook } = which;
  const body = { family: 0, index, handle: 0, parent: hooks[hook], info: 0, attrs: {} };
  const equivalent = `tc filter show dev ${dev(index)} ${hook}`;
  return query(equivalent, RTM_GETTFILTER, filterMessage, body, filterOf, { dump: true });
}

function filterOf({ index, handle, info, attrs }: Infer<typeof filterMessage>): Filter {
  const options = attrs.options as Infer<typeof bpfOptions> | undefined;
  return compact({
    index,
    priority: info >>> 16,
    protocol: swap16(info & 0xffff),
    handle,
    kind: attrs.kind ?? '',
    chain: attrs.chain,
    bpf:
      attrs.kind === 'bpf' && options
        ? compact({
            name: options.name,
            id: options.id,
            directAction: ((options.flags ?? 0) & TCA_BPF_FLAG_ACT_DIRECT) !== 0,
            tag: options.tag,
          })
        : undefined,
  });
}

function place({ index, hook, priority, handle }: FilterPlace) {
  const info = ((priority << 16) | swap16(ETH_P_ALL)) >>> 0;
  return { family: 0, index, handle: handle ?? 0, parent: hooks[hook], info };
}

function words({ index, hook, priority, handle }: FilterPlace): string {
  const which = handle === undefined ? '' : ` handle ${handle}`;
  return `dev ${dev(index)} ${hook} prio ${priority} protocol all${which}`;
}

/** htons, on the little-endian machines that there are. */
function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

// TCA_BPF_* in linux/pkt_cls.h
const bpfOptions = attrs({
  fd: [6, u32],
  name: [7, cstring],
  flags: [8, u32],
  tag: [10, bytes(8)],
  id: [11, u32],
});
const TCA_BPF_FLAG_ACT_DIRECT = 1;

const filterMessage = tcMessage([{ kind: 'bpf', options: bpfOptions }]);

const hooks: Readonly<Record<FilterHook, number>> = { ingress: TC_H_INGRESS_HOOK, egress: TC_H_EGRESS_HOOK };
const ETH_P_ALL = 3; // linux/if_ether.h
