import { existsSync, rmSync } from 'node:fs';
import type { NetNs } from '@tsnctl/linux';
import type { BpfObject, BpfProgram } from 'libbpf-ts';
import type { Attacher } from './attacher.ts';
import { attachers } from './attachers.ts';
import { hookOf, type Role, type Step, type Via } from './model.ts';
import { type LoadOptions, loadObject, loadProgram, type ProgramName } from './objects.ts';
import { clockRow } from './observe.ts';
import type { Pins } from './pins.ts';
import { PodPrograms } from './pod-programs.ts';
import { mapName } from './table-shape.ts';
import { Tables } from './tables.ts';
import { removeLink } from './tcx.ts';
import { detachLoose } from './tcx-loose.ts';

type StepOf<Kind extends Step['do']> = Extract<Step, { do: Kind }>;

/** Between them they use every table. */
const WITH_TABLES: readonly Role[] = ['strip', 'restorer'];

/** Carries out steps in one namespace, one thing each; it decides nothing. */
export class Performer implements Disposable {
  readonly #pins: Pins;
  readonly #tables: Tables;
  readonly #attachers: Record<Via, Attacher>;
  readonly #programs = new Map<Role, BpfProgram>();
  /** What is inside a pod is loaded for this pod alone: again and again, from one object. */
  readonly #podSavers = new PodPrograms((slot) => this.#loadPodSaver(slot));
  #podSaver: BpfObject | undefined;

  constructor(netns: NetNs, pins: Pins) {
    this.#pins = pins;
    this.#tables = new Tables(pins);
    this.#attachers = attachers(netns, pins);
  }

  /** The tables, open. */
  get tables(): Tables {
    return this.#tables;
  }

  /** Load what a pod that has a place in the tables will need inside it. */
  prepare(ifindex: number): void {
    if (this.#tables.pod(ifindex)) this.#podSavers.prepare(this.#tables.podSlot(ifindex));
  }

  perform<Kind extends Step['do']>(step: StepOf<Kind>): void {
    this.#performers[step.do as Kind](step);
  }

  readonly #performers: { [Kind in Step['do']]: (step: StepOf<Kind>) => void } = {
    'create-tables': () => {
      this.#pins.create();
      for (const role of WITH_TABLES) this.#shared(role);
    },
    'remove-tables': () => {
      Tables.remove(this.#pins);
      this.#pins.removeEmpty();
    },
    attach: (step) => this.#with(step, (program) => this.#attachers[step.via].attach(step, program)),
    detach: (step) => this.#attachers[step.via].detach(step),
    switch: ({ to: role, ...step }) => {
      const place = { ...step, role };
      this.#with(place, (program) => this.#attachers[step.via].replace(place, program));
    },
    'move-first': (step) => {
      using pass = this.#load('pass');
      this.#with(step, (program) => this.#attachers[step.via].moveFirst(step, program, pass));
    },
    'set-pod': ({ ifindex, policy }) => {
      if (policy) this.#tables.setPod(ifindex, policy);
      else this.#tables.clearPod(ifindex);
    },
    'set-uplink': ({ ifindex, uplink }) => {
      if (uplink)
        this.#tables.setUplink(ifindex, { clock: clockRow[uplink.clock], stacked: uplink.stacked ? 1 : 0 });
      else this.#tables.clearUplink(ifindex);
    },
    'remove-stale-pin': ({ path }) => {
      if (path.includes('/links/')) removeLink(path);
      else rmSync(path, { force: true });
    },
    'detach-loose': ({ linkId }) => detachLoose(linkId),
  };

  [Symbol.dispose](): void {
    for (const program of this.#programs.values()) program[Symbol.dispose]();
    this.#podSavers[Symbol.dispose]();
    this.#podSaver?.[Symbol.dispose]();
    this.#tables[Symbol.dispose]();
  }

  /** The program of a role: shared, or made for this one pod. */
  #with({ role, ifindex }: { role: Role; ifindex: number }, action: (program: BpfProgram) => void): void {
    if (hookOf[role] !== 'inside') {
      action(this.#shared(role));
      return;
    }
    using program = this.#podSavers.take(this.#tables.podSlot(ifindex));
    action(program);
  }

  #loadPodSaver(slot: number): BpfProgram {
    this.#podSaver ??= loadObject('pod_saver', this.#loadOptions);
    return this.#podSaver.programWith('pod_saver', { pod_slot: slot });
  }

  #shared(role: Role): BpfProgram {
    const program = this.#programs.get(role) ?? this.#load(role);
    this.#programs.set(role, program);
    return program;
  }

  #load(name: ProgramName): BpfProgram {
    return loadProgram(name, this.#loadOptions);
  }

  get #loadOptions(): LoadOptions {
    return {
      existing: (table) => (existsSync(this.#pins.table(table)) ? this.#tables.map(table) : undefined),
      keep: (table, object) => {
        using map = object.map(mapName(table));
        map.pin(this.#pins.table(table));
      },
    };
  }
}
