import type { TrafficClass } from '../class.ts';
import { qdiscKinds } from './kinds.ts';
import type { Qdisc } from './requests.ts';

/** A qdisc's options as tc(8) writes them: `num_tc 2 map 0 1 ...`; nothing where they are not read here. */
export function describeQdiscOptions({ kind, options }: Pick<Qdisc, 'kind' | 'options'>): string {
  if (options === undefined || options instanceof Uint8Array) return '';
  return qdiscKinds.get(kind)?.words?.(options).join(' ') ?? '';
}

/** The priorities that a class of this qdisc gets; undefined where something else than the priority decides. */
export function classPriorities(
  { kind, options }: Pick<Qdisc, 'kind' | 'options'>,
  { handle }: Pick<TrafficClass, 'handle'>,
): number[] | undefined {
  if (options === undefined) return undefined;
  return qdiscKinds.get(kind)?.prioritiesOf?.(options, handle & 0xffff);
}
