import { deleteQdisc, type QdiscSpec, replaceQdisc, TC_H_ROOT } from '@tsnctl/netlink';
import type { PlacedQdisc } from '../to-qdiscs.ts';

/** Any interface: its name is put in its place. */
const INDEX = 1;

/** The commands that put these qdiscs on an interface, in order. */
export function tcCommands(qdiscs: readonly PlacedQdisc[], dev: string): string[] {
  return qdiscs.map((qdisc) => tcCommand(qdisc, dev));
}

/** Equivalent to replaceQdisc for an interface by this name. */
export function tcCommand(qdisc: PlacedQdisc, dev: string): string {
  return named(replaceQdisc({ ...qdisc, index: INDEX } as QdiscSpec).equivalent, dev);
}

/** The command that takes an interface's root qdisc away, and gives it back its default. */
export function tcDeleteCommand(dev: string, kind?: string): string {
  return named(
    deleteQdisc({ index: INDEX, parent: TC_H_ROOT, ...(kind !== undefined && { kind }) }).equivalent,
    dev,
  );
}

function named(equivalent: string, dev: string): string {
  return equivalent.replace(`dev if${INDEX}`, `dev ${dev}`);
}
