import { array, type Fail, type Infer, struct, u8, u16 } from '@tsnctl/codec';
import { refuse } from '../refuse.ts';
import type { Word } from '../words.ts';

/** Consecutive TX queues of one traffic class: `count` of them, the first of which is `offset`. */
export interface QueueRange {
  readonly count: number;
  readonly offset: number;
}

/** From priorities to traffic classes to TX queues, as mqprio and taprio have it. */
export interface PriorityMap {
  /** How many traffic classes there are, 1 to 16. */
  readonly numTc: number;
  /** The traffic class of each of the priorities 0 to 15; class 0 for those beyond its end. */
  readonly map: readonly number[];
  /** The TX queues of each traffic class. */
  readonly queues?: readonly QueueRange[];
}

/** TC_QOPT_BITMASK + 1 and TC_QOPT_MAX_QUEUE in linux/pkt_sched.h: priorities and classes, at most. */
const MAX = 16;

/** struct tc_mqprio_qopt in linux/pkt_sched.h */
export const priorityMapStruct = struct({
  numTc: u8,
  map: array(u8, MAX),
  hw: u8,
  count: array(u16, MAX),
  offset: array(u16, MAX),
});

type Struct = Infer<typeof priorityMapStruct>;

export function readPriorityMap({ numTc, map, count, offset }: Struct): Required<PriorityMap> {
  const queues = count.slice(0, numTc).map((n, i) => ({ count: n, offset: offset[i] ?? 0 }));
  return { numTc, map, queues };
}

export function writePriorityMap({ numTc, map, queues = [] }: PriorityMap, hw: number, fail: Fail): Struct {
  if (map.length > MAX) fail(`map: ${map.length} priorities where there are ${MAX}`);
  if (queues.length > MAX) fail(`queues: ${queues.length} classes where there can be ${MAX}`);
  return {
    numTc,
    map: padded(map),
    hw,
    count: padded(queues.map(({ count }) => count)),
    offset: padded(queues.map(({ offset }) => offset)),
  };
}

/** @throws TsnctlError SPEC where the classes, the map and the queues do not fit each other */
export function checkPriorityMap({ numTc, map, queues }: PriorityMap): void {
  if (!(numTc >= 1 && numTc <= MAX)) refuse('options.numTc', `${numTc} traffic classes`, 'from 1 to 16');
  for (const [priority, tc] of map.entries()) {
    if (tc >= numTc) {
      refuse(
        `options.map.${priority}`,
        `there is no traffic class ${tc}, with ${numTc} of them`,
        `a class from 0 to ${numTc - 1}, or numTc: ${tc + 1}`,
      );
    }
  }
  if (queues !== undefined && queues.length !== numTc) {
    refuse(
      'options.queues',
      `${queues.length} ranges of queues for ${numTc} traffic classes`,
      'one range { count, offset } for each class',
    );
  }
}

/** `num_tc 2 map 0 1 ... queues 1@0 1@1` */
export function priorityMapWords({ numTc, map, queues }: PriorityMap): Word[] {
  const ranges = queues?.map(({ count, offset }) => `${count}@${offset}`);
  return ['num_tc', numTc, 'map', ...padded(map), ...(ranges ? ['queues', ...ranges] : [])];
}

/** Of mq, mqprio and taprio alike: the class of minor 1 is TX queue 0. From TC_H_MIN_PRIORITY on they are traffic classes. */
export function txQueueOf(classMinor: number): number | undefined {
  return classMinor > 0 && classMinor < TC_H_MIN_PRIORITY ? classMinor - 1 : undefined;
}

/** The priorities whose traffic class has this queue among its own. */
export function prioritiesOf({ map, queues = [] }: PriorityMap, classMinor: number): number[] {
  const queue = txQueueOf(classMinor);
  if (queue === undefined) return [];
  const tc = queues.findIndex(({ count, offset }) => queue >= offset && queue < offset + count);
  return tc < 0 ? [] : map.flatMap((its, priority) => (its === tc ? [priority] : []));
}

const TC_H_MIN_PRIORITY = 0xffe0; // linux/pkt_sched.h

function padded(numbers: readonly number[]): number[] {
  return Array.from({ length: MAX }, (_, i) => numbers[i] ?? 0);
}
