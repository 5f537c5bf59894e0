import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { bootId, lock } from '@tsnctl/linux';
import { carryOut } from '../fault-point.ts';
import { installStepText } from './describe-install.ts';
import { wayBack } from './inverse-install.ts';
import type { Journal, JournalPlan } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import type { DesiredNode, InstallPaths, InstallPlan, InstallStep, ObservedNode } from './model.ts';
import { observeNode, recognise } from './observe-node.ts';
import { TEMPORARY } from './path-files.ts';
import { InstallPerformer } from './perform-install.ts';
import type { NodePlace } from './place.ts';
import { planInstall } from './plan-install.ts';
import { planUninstall } from './plan-uninstall.ts';
import { interruptedPlan, unfinishedSteps } from './unfinished.ts';

export interface NodeInstallOptions {
  readonly place: NodePlace;
  readonly paths: InstallPaths;
  /** Configuration directories of runtimes that may have our plugin. */
  readonly chains: readonly string[];
}

/** One node's life with us: observe, plan, write down, perform, observe again. */
export class NodeInstall {
  readonly #options: NodeInstallOptions;
  readonly #journal: JournalFile;

  constructor(options: NodeInstallOptions) {
    this.#options = options;
    this.#journal = new JournalFile(join(options.place.root, options.paths.journal));
  }

  readJournal(): Journal | undefined {
    return this.#journal.read();
  }

  observe(desired?: DesiredNode): ObservedNode {
    const { place, paths, chains } = this.#options;
    const journal = this.readJournal();
    const plans = journal?.plans ?? [];
    const also = plans.flatMap(({ steps }) => steps.flatMap((step) => ('path' in step ? [step.path] : [])));
    const written = [desired?.chain?.directory, ...plans.map(({ chain }) => chain)];
    const all = new Set([...chains, ...written.filter((it) => it !== undefined)]);
    const unfinished = unfinishedSteps(journal, bootId());
    return observeNode(place, { paths, also, chains: [...all], unfinished });
  }

  planInstall(desired: DesiredNode): InstallPlan {
    this.#requireNode();
    return planInstall(this.observe(desired), desired);
  }

  planUninstall(): InstallPlan {
    const { place, paths } = this.#options;
    const journal = this.readJournal();
    return planUninstall(this.observe(), {
      paths,
      ...(journal && { journal }),
      recognised: recognise(place, paths),
      boot: bootId(),
    });
  }

  /** All steps, or those done so far are undone and the refusal is thrown. */
  async install(verb: 'install' | 'upgrade', desired: DesiredNode): Promise<InstallPlan> {
    this.#requireNode();
    return await this.#locked(async () => {
      const observed = this.observe(desired);
      const plan = planInstall(observed, desired);
      if (plan.steps.length === 0) {
        this.#endInterrupted();
        return plan;
      }
      const isFirst = this.readJournal() === undefined;
      const record = {
        ...this.#record(verb, desired.bundle.version, plan, observed),
        ...(desired.chain && { chain: desired.chain.directory }),
      };
      try {
        this.#keepFormer(plan, desired.paths);
        await this.#apply(record);
      } catch (error) {
        throw await this.#takeBack(record, error, isFirst);
      }
      this.#journal.write({ end: record.id, how: 'done' });
      requireNothing(planInstall(this.observe(desired), desired));
      return plan;
    });
  }

  /** As far as it gets: what was refused is tried again by the same command. */
  async uninstall(): Promise<InstallPlan> {
    const plan = this.planUninstall();
    if (plan.steps.length === 0) return plan;
    return await this.#locked(async () => {
      const plan = this.planUninstall();
      try {
        await this.#apply(this.#record('uninstall', '', plan, this.observe()));
      } catch (error) {
        throw error instanceof RefusedStep ? error.explained('the same command goes on from there') : error;
      }
      requireNothing(this.planUninstall());
      return plan;
    });
  }

  #requireNode(): void {
    const { place, paths } = this.#options;
    const above = dirname(paths.state);
    if (existsSync(join(place.root, above))) return;
    throw new TsnctlError('NO_NODE', `${place.root} is no root of a node: it has no ${above}`, {
      hint: '--root DIR, the directory that has the etc, opt and var of the node',
    });
  }

  /** One process at a time; what a killed one was writing goes. */
  async #locked<T>(action: () => Promise<T>): Promise<T> {
    const umask = process.umask(0o022);
    try {
      this.#journal.prepare();
      using _ = lock(dirname(this.#journal.directory));
      this.#removeTemporaries();
      return await action();
    } finally {
      process.umask(umask);
    }
  }

  #record(
    verb: JournalPlan['verb'],
    version: string,
    { steps }: InstallPlan,
    { attachments }: ObservedNode,
  ): JournalPlan {
    const id = (this.readJournal()?.plans.at(-1)?.id ?? 0) + 1;
    return { id, verb, version, boot: bootId(), at: new Date().toISOString(), attachments, steps };
  }

  /** The bytes of every file that is replaced or removed, but for programs of our own. */
  #keepFormer({ steps }: InstallPlan, { programs }: InstallPaths): void {
    for (const step of steps) {
      if (step.do !== 'put' || step.was.kind !== 'file' || step.path.startsWith(`${programs}/`)) continue;
      this.#journal.keep(join(this.#options.place.root, step.path), step.was.sha256);
    }
  }

  async #apply({ id, steps, ...record }: JournalPlan): Promise<void> {
    const performer = this.#performer();
    this.#journal.write({ plan: { id, steps, ...record } });
    for (const [at, step] of steps.entries()) {
      await refusing(at, step, () => this.#journal.write({ begin: [id, at] }));
      await carryOut('node', step, () => refusing(at, step, () => performer.perform(step)));
      if (step.do === 'remove-journal') return;
      await refusing(at, step, () => this.#journal.write({ done: [id, at] }));
    }
  }

  /** The steps so far, backwards. @returns what is to be thrown: the refusal, and what became of the rest */
  async #takeBack({ id, steps }: JournalPlan, error: unknown, isFirst: boolean): Promise<unknown> {
    if (!(error instanceof RefusedStep)) return error;
    const performer = this.#performer();
    const refused: string[] = [];
    for (const { step, back } of wayBack(steps.slice(0, error.at + 1))) {
      try {
        await carryOut('node', back, () => performer.perform(back));
      } catch (cause) {
        if (step !== error.step) refused.push(`${installStepText(step)}: ${messageOf(cause)}`);
      }
    }
    if (refused.length > 0) return error.explained(`not all could be undone: ${refused.join('; ')}`);
    try {
      const last = { do: 'remove-journal', directory: this.#options.paths.journal } as const;
      if (isFirst) await carryOut('node', last, () => performer.perform(last));
      else this.#journal.write({ end: id, how: 'undone' });
    } catch {
      // A disk that takes no more: that the plan has no end is said by status.
    }
    return error.explained('nothing is changed');
  }

  /** One that was killed behind its last step. */
  #endInterrupted(): void {
    const journal = this.readJournal();
    const plan = journal && interruptedPlan(journal);
    if (plan) this.#journal.write({ end: plan.id, how: 'done' });
  }

  #performer(): InstallPerformer {
    return new InstallPerformer({ ...this.#options.place, kept: (sha256) => this.#journal.kept(sha256) });
  }

  /** Only in directories that are written to; where a runtime's list is being changed just now, not. */
  #removeTemporaries(): void {
    const { place } = this.#options;
    const { paths, chains } = this.observe();
    const directories = new Set(Object.keys(paths).map((path) => join(place.root, dirname(path))));
    for (const directory of [...Object.keys(chains).map((path) => join(place.root, path)), ...directories]) {
      if (!existsSync(directory)) continue;
      for (const name of readdirSync(directory)) {
        if (name.startsWith(TEMPORARY) && name.endsWith('.tmp')) {
          rmSync(join(directory, name), { recursive: true, force: true });
        }
      }
    }
  }
}

/** A step that was refused, and which one. */
class RefusedStep extends Error {
  readonly at: number;
  readonly step: InstallStep;

  constructor(at: number, step: InstallStep, cause: unknown) {
    super(`${installStepText(step)}: ${messageOf(cause)}`, { cause });
    this.at = at;
    this.step = step;
  }

  explained(rest: string): TsnctlError {
    const { cause } = this;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'FAILED';
    const hint = cause instanceof TsnctlError ? cause.hint : undefined;
    return new TsnctlError(code, `${this.message}; ${rest}`, {
      hint: hint ?? 'the same again; TSNCTL_DEBUG=1 for the whole story',
      cause,
    });
  }
}

/** A step is refused, too, where it cannot be written down. */
async function refusing(at: number, step: InstallStep, action: () => void | Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw new RefusedStep(at, step, error);
  }
}

function requireNothing({ steps: [left] }: InstallPlan): void {
  if (left === undefined) return;
  throw new TsnctlError('NOT_VERIFIED', `after all steps, one is left: ${installStepText(left)}`, {
    hint: 'the same command again; something else changes the same files',
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
