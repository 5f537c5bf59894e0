import type { BpfProgram } from 'libbpf-ts';
import type { Attachment, Interface, LooseLink } from './model.ts';
import type { Place } from './place.ts';

/** One way to attach our programs. */
export interface Attacher {
  attach(place: Place, program: BpfProgram): void;
  /** Another program in the same place; each packet meets the old one or the new one. */
  replace(place: Place, program: BpfProgram): void;
  /** Nothing to do where nothing is. */
  detach(place: Place): void;
  /** Ahead of all others again. `pass` does nothing, in the place that is given up. */
  moveFirst(place: Place, program: BpfProgram, pass: BpfProgram): void;
  /**
   * What of ours is attached this way, and what is left of what was; with `only`, at these interfaces alone, and
   * without what is loose.
   */
  observe(
    interfaces: readonly Interface[],
    only?: ReadonlySet<number>,
  ): { attachments: Attachment[]; stale: string[]; loose: LooseLink[] };
}
