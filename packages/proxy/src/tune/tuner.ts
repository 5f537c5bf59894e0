import { TsnctlError } from '@tsnctl/codec';
import { isErrno, lock, type NetNs } from '@tsnctl/linux';
import { tcCommands } from '@tsnctl/schedule';
import { carryOut } from '../fault-point.ts';
import { makeDirectory } from '../make-directory.ts';
import { describeTuneStep } from './describe-tune.ts';
import { differences } from './essential.ts';
import type { DesiredTuning, FormerTuning, Nic, TuneStep } from './model.ts';
import { type ObservedNic, observeNic } from './observe-nic.ts';
import { performTune } from './perform-tune.ts';
import { planRestore, planTune, rootOf } from './plan-tune.ts';
import { refusal, type Undone } from './refusal.ts';
import { requireRestorable, respec } from './respec.ts';
import { TUNE_STATE, TuneMemory } from './tune-memory.ts';

export interface TunerOptions {
  /** Where what was there before is remembered. */
  readonly state?: string;
  /** Where the proxy's programs are pinned. */
  readonly bpffs?: string;
  /** For whom it is tuned, where that is no person: `TsnInterface line`. */
  readonly owner?: string;
}

/** What one change is to look like, given what is there. */
export type TunePlanner = (nic: Nic) => DesiredTuning;

export interface ChangeOptions {
  /** Hears of all steps before the first. */
  readonly announce?: (steps: readonly TuneStep[], nic: Nic) => void;
  /** Hears of each step before it is done. */
  readonly onStep?: ((step: TuneStep) => void) | undefined;
  /** Also where what is there could not be brought back. */
  readonly force?: boolean;
}

export interface Tuned {
  readonly nic: Nic;
  readonly steps: readonly TuneStep[];
}

/** The queues of one interface: observe, plan, remember, apply, verify, and undo. */
export class Tuner {
  readonly #netns: NetNs;
  readonly #name: string;
  readonly #state: string;
  readonly #bpffs: string | undefined;
  readonly #memory: TuneMemory;
  readonly #owner: string | undefined;

  constructor(netns: NetNs, name: string, { state = TUNE_STATE, bpffs, owner }: TunerOptions = {}) {
    this.#netns = netns;
    this.#name = name;
    this.#state = state;
    this.#bpffs = bpffs;
    this.#memory = new TuneMemory(netns, state);
    this.#owner = owner;
  }

  observe(): Nic {
    return this.#observe().nic;
  }

  /** The steps that `change` would take; changes nothing. */
  plan(planner: TunePlanner, { force = false }: ChangeOptions = {}): Tuned {
    const nic = this.observe();
    const steps = planTune(nic, planner(nic));
    if (steps.length > 0 && !force) this.#requireUndo(nic);
    return { nic, steps };
  }

  /**
   * Carry out what is planned and look again. Either all steps are done, or the interface is as it was before and the
   * refusal is thrown, in the kernel's own words.
   */
  change(planner: TunePlanner, { announce, onStep, force = false }: ChangeOptions = {}): Tuned {
    using _ = this.#lock();
    const observed = this.#observe();
    const desired = planner(observed.nic);
    const steps = planTune(observed.nic, desired);
    if (steps.length === 0) {
      if (this.#memory.ownerOf(observed.nic) !== undefined) this.#own(observed.nic);
      return { nic: observed.nic, steps };
    }
    if (!force) this.#requireUndo(observed.nic);
    announce?.(steps, observed.nic);
    const knew = this.#memory.recall(observed.nic) !== undefined;
    this.#remember(observed, steps);
    const onUndone = () => {
      if (!knew) this.#memory.forget(observed.nic);
    };
    this.#perform(observed, steps, { onStep, onUndone });
    this.#own(observed.nic);
    const root = rootOf(this.#verify((nic) => planTune(nic, desired)));
    if (root) this.#memory.give(observed.nic, root);
    return { nic: observed.nic, steps };
  }

  /** The steps that `undo` would take. @throws TsnctlError NOT_TUNED */
  planUndo(): Tuned {
    const nic = this.observe();
    return { nic, steps: planRestore(nic, this.#former(nic)) };
  }

  /** Bring back what was there before the first change, and forget it. @throws TsnctlError NOT_TUNED */
  undo({ announce, onStep }: ChangeOptions = {}): Tuned {
    using _ = this.#lock();
    const observed = this.#observe();
    const former = this.#former(observed.nic);
    const steps = planRestore(observed.nic, former);
    announce?.(steps, observed.nic);
    this.#perform(observed, steps, { onStep });
    this.#verify((nic) => planRestore(nic, former));
    this.#memory.forget(observed.nic);
    return { nic: observed.nic, steps };
  }

  /** Whether something is remembered that `undo` would bring back. */
  get isTuned(): boolean {
    return this.#memory.recall(this.observe()) !== undefined;
  }

  /** For whom it is tuned, where that is no person: `TsnInterface line`. */
  get owner(): string | undefined {
    return this.#memory.ownerOf(this.observe());
  }

  #observe(): ObservedNic {
    return observeNic(this.#netns, this.#name, this.#bpffs);
  }

  #lock(): Disposable {
    makeDirectory(this.#state, 0o700);
    return lock(this.#state);
  }

  #former(nic: Nic): FormerTuning {
    const former = this.#memory.recall(nic);
    if (former) return former;
    throw new TsnctlError(
      'NOT_TUNED',
      `nothing is remembered of ${nic.name}: tsnctl has not changed its queues since the machine started`,
      {
        hint: `tc qdisc del dev ${nic.name} root, for the kernel's default`,
      },
    );
  }

  #requireUndo(nic: Nic): void {
    if (this.#memory.recall(nic)) return; // what is there now is ours
    requireRestorable(nic.name, nic.qdiscs, nic.filtersOf);
  }

  /** What another one has tuned before is ours now; what a person has put there already stays that person's. */
  #own(nic: Nic): void {
    if (this.#owner !== undefined) this.#memory.own(nic, this.#owner);
  }

  #remember({ nic, raw }: ObservedNic, steps: readonly TuneStep[]): void {
    const channels = steps.find((step) => step.do === 'set-channels')?.former;
    let commands: string[] = [];
    try {
      commands = tcCommands(respec(nic.qdiscs), nic.name);
    } catch {
      // forced: it cannot be brought back
    }
    this.#memory.remember(nic, { raw, channels, uplinkClock: nic.uplinkClock, commands, owner: this.#owner });
  }

  /** `onUndone` hears where a step was refused and the interface is as before: else it is remembered what it had. */
  #perform(
    { nic }: ObservedNic,
    steps: readonly TuneStep[],
    { onStep, onUndone }: Pick<ChangeOptions, 'onStep'> & { readonly onUndone?: () => void },
  ): void {
    const before: FormerTuning = {
      qdiscs: nic.qdiscs,
      channels: nic.channels?.current,
      uplinkClock: nic.uplinkClock,
    };
    for (const [at, step] of steps.entries()) {
      try {
        onStep?.(step);
        this.#carry(nic, step);
      } catch (error) {
        const undone = at === 0 ? this.#asBefore(before) : this.#restore(before);
        if (typeof undone !== 'object') onUndone?.();
        throw refusal(nic, step, error, undone);
      }
    }
  }

  /** A refused first step may have come half-way, too. */
  #asBefore(before: FormerTuning): Undone {
    const undone = this.#restore(before);
    return undone === 'undone' ? 'nothing was done' : undone;
  }

  #restore(before: FormerTuning): Undone {
    try {
      const { nic } = this.#observe();
      for (const step of planRestore(nic, before)) this.#carry(nic, step);
      const [left] = planRestore(this.#observe().nic, before);
      return left ? { failed: new Error(describeTuneStep(left, nic.name).text) } : 'undone';
    } catch (failed) {
      const isGone = isErrno(failed, 'ENODEV', 'NO_INTERFACE');
      return isGone ? 'gone' : { failed };
    }
  }

  #carry(nic: Nic, step: TuneStep): void {
    carryOut('queues', step, () => performTune(this.#netns, nic, step, this.#bpffs));
  }

  /** The interface as it is now: as planned, or it is refused. */
  #verify(plan: (nic: Nic) => readonly TuneStep[]): Nic {
    const { nic } = this.#observe();
    const [left] = plan(nic);
    if (!left) return nic;
    const root = rootOf(nic);
    const parts =
      left.do === 'put-qdisc' && root ? differences(root.kind, left.qdisc.options, root.options) : [];
    const why =
      left.do === 'put-qdisc' && left.inPlace && parts.length > 0 ? `, for its ${parts.join(', ')}` : '';
    throw new TsnctlError(
      'NOT_VERIFIED',
      `after all steps, one is left: ${describeTuneStep(left, nic.name).text}${why}`,
      {
        hint: `tc qdisc show dev ${nic.name}, and the same command again; or tsnctl tune --undo --dev ${nic.name}`,
      },
    );
  }
}
