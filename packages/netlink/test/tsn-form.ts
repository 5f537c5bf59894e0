import {
  addQdisc,
  type CbsOptions,
  deleteQdisc,
  type EtfOptions,
  type MqprioOptions,
  type NetlinkRequest,
  type PriorityMap,
  replaceQdisc,
  type TaprioOptions,
} from '../src/index.ts';

/**
 * A form of a TSN qdisc: the words behind `tc qdisc`, our request that says the same, and what comes of it. Those of
 * the kernel's own tests (tools/testing/selftests/tc-testing/tc-tests/qdiscs) are among them, and what else the
 * kernel's code distinguishes. `lo` stands for the device.
 */
export interface TsnForm {
  readonly tc: string;
  /** Ours, of the device of that index; one that we refuse before the kernel is asked throws. */
  readonly ours: (index: number) => NetlinkRequest<void>;
  readonly expected: Outcome;
  /** Done before it, to the same device: names of other forms. */
  readonly after?: readonly string[];
  /** How many TX queues the device has; 8 unless told. */
  readonly queues?: number;
  /** It needs a tc that is newer than iproute2 6.1. */
  readonly newer?: boolean;
  /** The kernel in which it was seen to be so, where an older one took it. */
  readonly since?: readonly [major: number, minor: number];
}

/** Refused by the kernel with these words, which makes tc exit with 2; or by us already, for what `spec` says. */
export type Outcome = 'done' | { readonly refused: string | RegExp } | { readonly spec: string };

type Place = { readonly handle?: number; readonly parent?: number };

export const root: Place = { handle: 0x1_0000 }; // 1:
export const child: Place = { parent: 0x1_0001 }; // 1:1

export const ranges = (...of: (readonly [count: number, offset: number])[]) =>
  of.map(([count, offset]) => ({ count, offset }));

const eight = Array.from({ length: 8 }, (_, i) => i);
export const map8: PriorityMap = {
  numTc: 8,
  map: eight,
  queues: eight.map((offset) => ({ count: 1, offset })),
};
export const words8 = 'num_tc 8 map 0 1 2 3 4 5 6 7 0 0 0 0 0 0 0 0 queues 1@0 1@1 1@2 1@3 1@4 1@5 1@6 1@7';
export const map3: PriorityMap = {
  numTc: 3,
  map: [2, 2, 1, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
  queues: ranges([1, 0], [1, 1], [2, 2]),
};
export const words3 = 'num_tc 3 map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2';
/** All classes on the first queue: what launch times that taprio assists do not mind. */
export const shared: PriorityMap = { ...map3, queues: ranges([1, 0], [1, 0], [1, 0]) };
export const wordsShared = words3.replace('1@0 1@1 2@2', '1@0 1@0 1@0');
/** Two classes, with what is given in the place of a right end. */
export const map2 = { numTc: 2, map: [0, 1] };

type Form = (index: number) => NetlinkRequest<void>;

export function taprio(options: TaprioOptions, place = root): Form {
  return (index) => addQdisc({ index, ...place, kind: 'taprio', options });
}

export function replaceTaprio(options: TaprioOptions, place = root): Form {
  return (index) => replaceQdisc({ index, ...place, kind: 'taprio', options });
}

export function mqprio(options: MqprioOptions, place = root): Form {
  return (index) => addQdisc({ index, ...place, kind: 'mqprio', options });
}

export function etf(options: EtfOptions, place = root): Form {
  return (index) => addQdisc({ index, ...place, kind: 'etf', options });
}

export function cbs(options: Partial<CbsOptions>, place = root): Form {
  return (index) => addQdisc({ index, ...place, kind: 'cbs', options: cbsOptions(options) });
}

export function cbsOptions(options: Partial<CbsOptions>): CbsOptions {
  return {
    idleslopeKbps: 0,
    sendslopeKbps: 0,
    hicreditBytes: 0,
    locreditBytes: 0,
    offload: false,
    ...options,
  };
}

/** Without the kind: with it tc(8) sends the kind's defaults, too, which nobody reads. */
export function remove(): Form {
  return (index) => deleteQdisc({ index, ...root });
}
