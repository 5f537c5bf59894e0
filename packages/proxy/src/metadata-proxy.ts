import { TsnctlError } from '@tsnctl/codec';
import { lock, type NetNs } from '@tsnctl/linux';
import { inverse } from './inverse.ts';
import type { Desired, Observed, Step } from './model.ts';
import { observe } from './observe.ts';
import { Performer } from './perform.ts';
import { Pins } from './pins.ts';
import { planProxy } from './plan.ts';

/** What is wanted, given what is there. */
export type Intent = (observed: Observed) => Desired;

/** The proxy of one network namespace: observe, plan, apply, verify. */
export class MetadataProxy {
  readonly #netns: NetNs;
  readonly #pins: Pins;

  constructor(netns: NetNs, options: { bpffs?: string } = {}) {
    this.#netns = netns;
    this.#pins = new Pins(netns.cookie, options.bpffs);
  }

  get pins(): Pins {
    return this.#pins;
  }

  observe(): Observed {
    return observe(this.#netns, this.#pins);
  }

  /** The steps that `change` would take; changes nothing. */
  plan(intent: Intent): Step[] {
    const observed = this.observe();
    return planProxy(observed, intent(observed));
  }

  /**
   * Carry out `intent` and look again. Either all steps are done, or those done so far are undone and the
   * refusal is thrown.
   */
  change(intent: Intent): Step[] {
    using _ = lock(this.#pins.root);
    const steps = this.plan(intent);
    this.#perform(steps);
    const left = this.plan(intent);
    if (left.length > 0) {
      throw new TsnctlError('NOT_VERIFIED', `after all steps were done, ${left[0]?.do} is still to do`, {
        hint: 'the same command again; something else changes the same interfaces',
      });
    }
    return steps;
  }

  #perform(steps: readonly Step[]): void {
    using performer = new Performer(this.#netns, this.#pins);
    const done: Step[] = [];
    try {
      for (const step of steps) {
        done.push(step);
        performer.perform(step);
      }
    } catch (error) {
      for (const step of done.reverse()) undo(performer, step);
      throw error;
    }
  }
}

/** A step that was begun is undone as far as it came; what cannot be undone must not hide the first error. */
function undo(performer: Performer, step: Step): void {
  const back = inverse(step);
  if (!back) return;
  try {
    performer.perform(back);
  } catch {
    // The first error is the one to report; `observe` shows what is left.
  }
}
