import {
  attrs,
  type Codec,
  list,
  mapped,
  nest,
  repeat,
  type UnknownAttr,
  u16,
  u32,
  u64,
} from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { type Named, named } from '../named.ts';
import { refuse } from '../refuse.ts';
import { type Word, words } from '../words.ts';
import type { QdiscKind } from './kind.ts';
import { type FramePreemption, framePreemption, preemptionLetter } from './preemption.ts';
import {
  checkPriorityMap,
  type PriorityMap,
  prioritiesOf,
  priorityMapStruct,
  priorityMapWords,
  readPriorityMap,
  txQueueOf,
  writePriorityMap,
} from './priority-map.ts';

/** TC_MQPRIO_MODE_* in linux/pkt_sched.h */
const modes = { dcb: 0, channel: 1 } as const;

/** TC_MQPRIO_SHAPER_* in linux/pkt_sched.h */
const shapers = { dcb: 0, bw_rlimit: 1 } as const;

/** tc-mqprio(8). What follows `hw` asks the NIC, so it needs `hw: 1`. */
export interface MqprioOptions extends PriorityMap {
  /** 0: software; 1: the NIC's driver chooses the queues. */
  readonly hw: number;
  readonly mode?: Named<typeof modes>;
  readonly shaper?: Named<typeof shapers>;
  /** Bytes a second, of each class. */
  readonly minRatesBps?: readonly bigint[];
  readonly maxRatesBps?: readonly bigint[];
  readonly preemption?: readonly MqprioPreemption[];
  readonly unknown?: readonly UnknownAttr[];
}

export interface MqprioPreemption {
  readonly tc: number;
  readonly preemption: FramePreemption;
  readonly unknown?: readonly UnknownAttr[] | undefined;
}

/** Priorities to traffic classes to hardware queues. */
export const mqprio: QdiscKind<MqprioOptions> = {
  kind: 'mqprio',
  multiClass: true,
  clock: 'none',
  timeAware: false,
  rootOnly: true,
  options: options(),
  check,
  words: ({ hw, mode, shaper, minRatesBps, maxRatesBps, preemption, ...map }) => [
    ...priorityMapWords(map),
    ...words({ hw, mode, shaper }),
    ...rateWords('min_rate', minRatesBps),
    ...rateWords('max_rate', maxRatesBps),
    ...(preemption ? ['fp', ...preemption.map((it) => preemptionLetter(it.preemption))] : []),
  ],
  txQueueOf,
  prioritiesOf,
};

function check(spec: MqprioOptions): void {
  checkPriorityMap(spec);
  const { hw, mode, shaper, minRatesBps, maxRatesBps } = spec;
  if (hw === 0 && [mode, shaper, minRatesBps, maxRatesBps].some((it) => it !== undefined)) {
    refuse(
      'options.hw',
      'mode, shaper and rates are for the NIC to keep',
      'hw: 1, or only the map and the queues',
    );
  }
}

/** struct tc_mqprio_qopt with attributes behind it, in one attribute. */
function options(): Codec<MqprioOptions> {
  const raw: Codec<{ struct: Struct; attrs: Attrs }> = {
    size: undefined,
    align: 4,
    read: (reader) => {
      const struct = priorityMapStruct.read(reader);
      reader.advance(Math.min(2, reader.remaining)); // NLA_ALIGN
      return { struct, attrs: table.read(reader) };
    },
    write: (writer, value) => {
      priorityMapStruct.write(writer, value.struct);
      writer.advance(2);
      table.write(writer, value.attrs);
    },
  };
  return mapped(
    raw,
    ({ struct, attrs }) =>
      compact({
        ...readPriorityMap(struct),
        hw: struct.hw,
        ...attrs,
        preemption: attrs.preemption?.map(({ tc = 0, preemption = 0, unknown }) =>
          compact({ tc, preemption, unknown }),
        ),
      }),
    (value, fail) => ({
      struct: writePriorityMap(value, value.hw, fail),
      attrs: {
        mode: value.mode,
        shaper: value.shaper,
        preemption: value.preemption && [...value.preemption],
        minRatesBps: rates(value.minRatesBps),
        maxRatesBps: rates(value.maxRatesBps),
        unknown: value.unknown,
      },
    }),
  );
}

type Struct = ReturnType<typeof writePriorityMap>;
type Attrs = ReturnType<(typeof table)['read']>;

// TCA_MQPRIO_TC_ENTRY_* in linux/pkt_sched.h
const entry = attrs({ tc: [1, u32], preemption: [2, framePreemption] });

// TCA_MQPRIO_* in linux/pkt_sched.h
const table = attrs({
  mode: [1, named(u16, modes)],
  shaper: [2, named(u16, shapers)],
  minRatesBps: [3, nest(list(u64, 3))],
  maxRatesBps: [4, nest(list(u64, 4))],
  preemption: [5, repeat(nest(entry))],
});

/** TC_QOPT_MAX_QUEUE of them, like tc(8). */
function rates(perClass: readonly bigint[] | undefined): bigint[] | undefined {
  return perClass && Array.from({ length: 16 }, (_, i) => perClass[i] ?? 0n);
}

function rateWords(name: string, perClass: readonly bigint[] | undefined): Word[] {
  return perClass ? [name, ...perClass.map((rate) => `${rate}bps`)] : [];
}
