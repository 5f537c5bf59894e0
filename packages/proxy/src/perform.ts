import { existsSync, rmSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno, type NetNs } from '@tsnctl/linux';
import { BpfLink, type BpfProgram } from 'libbpf-ts';
import { directionOf, type Role, type Step } from './model.ts';
import { loadProgram, ROLES } from './objects.ts';
import { clockRow } from './observe.ts';
import type { Pins } from './pins.ts';
import { Tables } from './tables.ts';

type StepOf<Kind extends Step['do']> = Extract<Step, { do: Kind }>;

/** Carries out steps in one namespace, one thing each; it decides nothing. */
export class Performer implements Disposable {
  readonly #netns: NetNs;
  readonly #pins: Pins;
  readonly #tables: Tables;
  readonly #programs = new Map<Role, BpfProgram>();

  constructor(netns: NetNs, pins: Pins) {
    this.#netns = netns;
    this.#pins = pins;
    this.#tables = new Tables(pins);
  }

  perform<Kind extends Step['do']>(step: StepOf<Kind>): void {
    this.#performers[step.do as Kind](step);
  }

  readonly #performers: { [Kind in Step['do']]: (step: StepOf<Kind>) => void } = {
    'create-tables': () => {
      this.#pins.create();
      for (const role of ROLES) this.#program(role);
    },
    'remove-tables': () => {
      Tables.remove(this.#pins);
      this.#pins.removeEmpty();
    },
    attach: ({ role, ifindex, name }) => this.#attach(role, ifindex, name),
    detach: ({ role, ifindex }) => this.#detach(this.#pins.link(ifindex, directionOf[role])),
    switch: ({ to, ifindex }) => this.#switch(to, ifindex),
    'move-first': ({ role, ifindex }) => this.#moveFirst(role, ifindex),
    'set-pod': ({ ifindex, policy }) => {
      if (policy) this.#tables.setPod(ifindex, policy);
      else this.#tables.clearPod(ifindex);
    },
    'set-uplink': ({ ifindex, uplink }) => {
      if (uplink)
        this.#tables.setUplink(ifindex, { clock: clockRow[uplink.clock], stacked: uplink.stacked ? 1 : 0 });
      else this.#tables.clearUplink(ifindex);
    },
    'remove-stale-pin': ({ path }) => rmSync(path, { force: true }),
  };

  [Symbol.dispose](): void {
    for (const program of this.#programs.values()) program[Symbol.dispose]();
    this.#tables[Symbol.dispose]();
  }

  #attach(role: Role, ifindex: number, name: string): void {
    const direction = directionOf[role];
    const program = this.#program(role);
    try {
      using link = program.attachTcx({ ifindex, direction, position: 'first', netns: this.#netns });
      link.pin(this.#pins.link(ifindex, direction));
    } catch (cause) {
      if (!isErrno(cause, 'ERANGE')) throw cause;
      throw new TsnctlError('HOOK_FULL', "other programs fill this hook up to the kernel's limit", {
        hint: `bpftool net show dev ${name}, and take some of them off`,
        cause,
      });
    }
  }

  #detach(path: string): void {
    if (!existsSync(path)) return;
    using link = BpfLink.pinned(path);
    if (link.info().ifindex !== 0) link.detach();
    rmSync(path);
  }

  #switch(to: Role, ifindex: number): void {
    using link = BpfLink.pinned(this.#pins.link(ifindex, directionOf[to]));
    link.update(this.#program(to));
  }

  /** A link cannot be moved: a second one goes in front, then the first one goes. No packet is without. */
  #moveFirst(role: Role, ifindex: number): void {
    const direction = directionOf[role];
    const path = this.#pins.link(ifindex, direction);
    using old = BpfLink.pinned(path);
    using program = this.#load(role);
    using link = program.attachTcx({ ifindex, direction, position: 'first', netns: this.#netns });
    rmSync(path);
    link.pin(path);
    old.detach();
  }

  #program(role: Role): BpfProgram {
    const program = this.#programs.get(role) ?? this.#load(role);
    this.#programs.set(role, program);
    return program;
  }

  #load(role: Role): BpfProgram {
    return loadProgram(
      role,
      (table) => (existsSync(this.#pins.table(table)) ? this.#tables.map(table) : undefined),
      (table, object) => {
        using map = object.map(table);
        map.pin(this.#pins.table(table));
      },
    );
  }
}
