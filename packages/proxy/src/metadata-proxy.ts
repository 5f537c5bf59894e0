import { existsSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { lock, type NetNs } from '@tsnctl/linux';
import { describeStep } from './describe.ts';
import { carryOut } from './fault-point.ts';
import { inverse } from './inverse.ts';
import { lookAgain } from './look-again.ts';
import type { Desired, Observed, Step } from './model.ts';
import { observe } from './observe.ts';
import { observeSome, onlyThese } from './observe-some.ts';
import { Performer } from './perform.ts';
import { Pins } from './pins.ts';
import { planProxy } from './plan.ts';
import { remaining } from './remaining.ts';

/** What is wanted, given what is there. */
export type Intent = (observed: Observed) => Desired;

export interface MetadataProxyOptions {
  readonly bpffs?: string;
  readonly keepMs?: number;
}

/** The proxy of one network namespace: observe, plan, apply, verify. */
export class MetadataProxy implements Disposable {
  readonly #netns: NetNs;
  readonly #pins: Pins;
  readonly #keepMs: number;
  #kept: Kept | undefined;
  #seen: { observed: Observed; at: number } | undefined;

  /** With `keepMs` loaded programs serve later changes, too, for so long: the verifier takes longer than all else. */
  constructor(netns: NetNs, options: MetadataProxyOptions = {}) {
    this.#netns = netns;
    this.#pins = new Pins(netns.cookie, options.bpffs);
    this.#keepMs = options.keepMs ?? 0;
  }

  [Symbol.dispose](): void {
    this.#kept?.performer[Symbol.dispose]();
    this.#kept = undefined;
  }

  get pins(): Pins {
    return this.#pins;
  }

  observe(): Observed {
    return lookAgain(() => observe(this.#netns, this.#pins));
  }

  /** The steps that `change` would take; changes nothing. */
  plan(intent: Intent): Step[] {
    const observed = this.observe();
    return planProxy(observed, intent(observed));
  }

  /**
   * Carry out `intent` and look again. Either all steps are done, or those done so far are undone and the
   * refusal is thrown. `announce` hears of all steps before the first. With `pods`, no other pod is looked at:
   * the intent is about the pods with these interfaces.
   */
  change(
    intent: Intent,
    announce: (steps: readonly Step[]) => void = () => undefined,
    pods?: ReadonlySet<number>,
  ): Step[] {
    using _ = lock(this.#pins.root);
    const some = pods && this.#observeSome(pods);
    const observed = some ?? this.#observeAll();
    const desired = intent(observed); // once: what is detached now cannot be detached again
    const steps = planProxy(observed, desired);
    announce(steps);
    if (steps.length === 0) return steps;
    this.#perform(steps);
    const others = steps.some((step) => 'ifindex' in step && !pods?.has(step.ifindex));
    const after = some
      ? (this.#observeSome(pods, others ? undefined : some) ?? onlyThese(this.#observeAll(), pods))
      : this.#observeAll();
    const [left] = remaining(observed, after, desired);
    if (left) {
      throw new TsnctlError('NOT_VERIFIED', `after all steps, one is left: ${describeStep(left).text}`, {
        hint: 'the same command again; something else changes the same interfaces',
      });
    }
    return steps;
  }

  /**
   * Load what a pod will need to be carried for in pod mode, so that this change need not wait for it. Changes
   * nothing. Nothing is done where no change has loaded the programs that all share, nor for a pod that has its own.
   */
  prepare(ifindex: number): void {
    if (!this.#kept || this.#kept.tables !== this.#pins.tableIds()) return;
    if (!existsSync(this.#pins.link(ifindex, 'inside'))) this.#kept.performer.prepare(ifindex);
  }

  /**
   * Load every program anew and put it in its predecessor's place: the launch times' window begins at this
   * moment again. Each packet meets the old one or the new one, and both read each other's words.
   */
  renew(): void {
    using _ = lock(this.#pins.root);
    using performer = new Performer(this.#netns, this.#pins);
    for (const { ifindex, role, via } of this.observe().attachments) {
      carry(performer, { do: 'switch', from: role, to: role, via, ifindex, name: `if${ifindex}` });
    }
  }

  #observeAll(): Observed {
    const observed = this.observe();
    this.#seen = { observed, at: performance.now() };
    return observed;
  }

  #observeSome(pods: ReadonlySet<number>, before?: Observed): Observed | undefined {
    const { observed, at } = this.#seen ?? {};
    if (!this.#kept || !observed || performance.now() - (at ?? 0) > SEEN_MS) return undefined;
    if (this.#kept.tables !== this.#pins.tableIds()) return undefined;
    const { tables } = this.#kept.performer;
    return observeSome(this.#netns, this.#pins, pods, { observed, tables, ...(before && { before }) });
  }

  #perform(steps: readonly Step[]): void {
    if (steps.length === 0) return;
    const { performer, loadedAt } = this.#take();
    using stack = new DisposableStack();
    stack.use(performer);
    const done: Step[] = [];
    try {
      for (const step of steps) {
        done.push(step);
        carry(performer, step);
      }
    } catch (error) {
      const last = done.at(-1);
      const undone = done.reverse().map((step) => undo(performer, step));
      throw last ? atStep(last, error, undone.every(Boolean)) : error;
    }
    const tables = this.#pins.tableIds();
    if (this.#keepMs === 0 || tables === undefined) return;
    this.#kept = { performer, loadedAt, tables };
    stack.move();
  }

  /** What was kept, as long as its programs read the tables that are pinned now; otherwise a new one. */
  #take(): Omit<Kept, 'tables'> {
    const kept = this.#kept;
    this.#kept = undefined;
    const now = performance.now();
    if (kept && now - kept.loadedAt < this.#keepMs && kept.tables === this.#pins.tableIds()) return kept;
    kept?.performer[Symbol.dispose]();
    return { performer: new Performer(this.#netns, this.#pins), loadedAt: now };
  }
}

/** What was seen serves so long where only some is looked at. */
const SEEN_MS = 60_000;

interface Kept {
  readonly performer: Performer;
  readonly loadedAt: number;
  readonly tables: string;
}

function carry(performer: Performer, step: Step): void {
  carryOut('data plane', step, () => performer.perform(step));
}

/** A step that was begun is undone as far as it came. Whether that went well: it must not hide the first error. */
function undo(performer: Performer, step: Step): boolean {
  const back = inverse(step);
  try {
    if (back) carry(performer, back);
    return true;
  } catch {
    return false;
  }
}

/** Names the step that was refused, and says what became of those before it. */
function atStep(step: Step, error: unknown, undone: boolean): TsnctlError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'FAILED';
  const hint = error instanceof TsnctlError ? error.hint : undefined;
  const rest = undone ? 'nothing is changed' : 'what was done before could not all be undone';
  return new TsnctlError(code, `${describeStep(step).text}: ${message}; ${rest}`, {
    hint:
      undone || hint
        ? (hint ?? 'TSNCTL_DEBUG=1 with the same command, for the whole story')
        : 'tsnctl detach all',
    cause: error,
  });
}
