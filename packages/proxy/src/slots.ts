import { TsnctlError } from '@tsnctl/codec';

/** An entry of the open-addressed tables in bpf/tables.h; ifindex 0 is free. */
export interface Slotted {
  ifindex: number;
}

/** As much of such a table as is needed to find a place in it. */
export interface Slots {
  length: number;
  ifindexAt(slot: number): number;
}

/** Where the programs find an interface, or undefined. */
export function findSlot(table: Slots, ifindex: number, probes: number): number | undefined {
  return places(table, ifindex, probes).find((place) => table.ifindexAt(place) === ifindex);
}

/** Where to put an interface: its present slot, or the first free one that the programs would look at. */
export function slotFor(table: Slots, ifindex: number, probes: number): number {
  const slot =
    findSlot(table, ifindex, probes) ??
    places(table, ifindex, probes).find((place) => table.ifindexAt(place) === 0);
  if (slot !== undefined) return slot;
  throw new TsnctlError('TABLE_FULL', `no free slot for interface ${ifindex} in a table of ${table.length}`, {
    hint: 'tsnctl detach pod IF for interfaces that are no longer needed',
  });
}

function places({ length }: Slots, ifindex: number, probes: number): number[] {
  return Array.from({ length: probes }, (_, probe) => (ifindex + probe) % length);
}
