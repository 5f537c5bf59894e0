import { existsSync, rmSync } from 'node:fs';
import type { NetNs } from '@tsnctl/linux';
import { BpfLink, type BpfProgram } from 'libbpf-ts';
import { directionOf, type Role, type Step } from './model.ts';
import { loadProgram, ROLES } from './objects.ts';
import { clockRow } from './observe.ts';
import type { Pins } from './pins.ts';
import { Tables } from './tables.ts';

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

  perform(step: Step): void {
    switch (step.do) {
      case 'create-tables':
        return this.#createTables();
      case 'remove-tables':
        Tables.remove(this.#pins);
        return this.#pins.removeEmpty();
      case 'attach':
        return this.#attach(step.role, step.ifindex);
      case 'detach':
        return this.#detach(this.#pins.link(step.ifindex, directionOf[step.role]));
      case 'switch':
        return this.#switch(step.to, step.ifindex);
      case 'move-first':
        return this.#moveFirst(step.role, step.ifindex);
      case 'set-pod':
        return step.policy ? this.#tables.setPod(step.ifindex, step.policy) : this.#tables.clearPod(step.ifindex);
      case 'set-uplink':
        return this.#setUplink(step);
      case 'remove-stale-pin':
        return rmSync(step.path, { force: true });
    }
  }

  [Symbol.dispose](): void {
    for (const program of this.#programs.values()) program[Symbol.dispose]();
    this.#tables[Symbol.dispose]();
  }

  #createTables(): void {
    this.#pins.create();
    for (const role of ROLES) this.#program(role);
  }

  #attach(role: Role, ifindex: number): void {
    const direction = directionOf[role];
    const program = this.#program(role);
    using link = program.attachTcx({ ifindex, direction, position: 'first', netns: this.#netns });
    link.pin(this.#pins.link(ifindex, direction));
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

  #setUplink({ ifindex, uplink }: Extract<Step, { do: 'set-uplink' }>): void {
    if (!uplink) return this.#tables.clearUplink(ifindex);
    this.#tables.setUplink(ifindex, { clock: clockRow[uplink.clock], stacked: uplink.stacked ? 1 : 0 });
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
