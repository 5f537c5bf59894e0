import { existsSync, rmSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { clockNs, isErrno, waitForRcu } from '@tsnctl/linux';
import { BpfMap } from 'libbpf-ts';
import { probes, tableShape } from './objects.ts';
import { type Pins, TABLES, type TableName } from './pins.ts';
import { type Policy, type PolicyRow, policyOfRow, policyRow } from './policy.ts';
import { SlotTable } from './slot-table.ts';
import { findSlot, type Slotted, slotFor } from './slots.ts';

// The shapes that the objects' BTF gives these rows; bpf/tables.h.
interface PodRow extends Slotted {
  current: number;
  policy: [PolicyRow, PolicyRow];
  /**
   * Packets may be reading the policy that does not hold: since this second of CLOCK_MONOTONIC, counted from 1, so
   * that every process of the machine knows. 0: no packet is.
   */
  stale: number;
}
export interface UplinkRow extends Slotted {
  clock: 'UPLINK_NONE' | 'UPLINK_MONOTONIC' | 'UPLINK_TAI';
  stacked: number;
}
/** Counters by name, summed over the CPUs, and over priorities where they are told apart. */
export type Counters = Record<string, bigint>;
/** Counters that tell the priorities 0 to 15 apart, as packets are sent: `saved` of a pod, `restored` of an uplink. */
export type PriorityCounters = Record<string, readonly bigint[]>;
/** One CPU's row. */
type CounterRow = Record<string, bigint | readonly bigint[]>;

/** The struct of each slot table's rows. */
const structs = { pods: 'pod', uplinks: 'uplink' } as const;

/** The pinned tables of one namespace. */
export class Tables implements Disposable {
  readonly #open = new DisposableStack();
  readonly #maps = new Map<TableName, BpfMap<number, unknown>>();
  readonly #slots = new Map<TableName, SlotTable<Slotted>>();
  readonly #pins: Pins;

  constructor(pins: Pins) {
    this.#pins = pins;
  }

  /** Which tables are pinned: all, none, or some after a change that was killed half-way. */
  static pinned(pins: Pins): TableName[] {
    return TABLES.filter((name) => existsSync(pins.table(name)));
  }

  static remove(pins: Pins): void {
    for (const name of TABLES) rmSync(pins.table(name), { force: true });
  }

  /** An open map of ours; FOREIGN_PIN where something else lies at its path. */
  map<Value>(name: TableName): BpfMap<number, Value> {
    let map = this.#maps.get(name);
    if (!map) {
      map = this.#open.use(openTable(this.#pins.table(name), name));
      this.#maps.set(name, map);
    }
    return map as BpfMap<number, Value>;
  }

  /** The policy of one interface, if it has an entry. */
  pod(ifindex: number): { ifindex: number; policy: Policy } | undefined {
    const slot = findSlot(this.#pods, ifindex, probes());
    return slot === undefined ? undefined : { ifindex, policy: policyOfRow(currentOf(this.#pods.row(slot))) };
  }

  pods(): { ifindex: number; policy: Policy }[] {
    return this.#pods.rows().map((row) => ({ ifindex: row.ifindex, policy: policyOfRow(currentOf(row)) }));
  }

  uplinks(): UplinkRow[] {
    return this.#uplinks.rows();
  }

  /** Where the programs find a pod, for one that is loaded for this pod alone; set before. */
  podSlot(ifindex: number): number {
    const slot = findSlot(this.#pods, ifindex, probes());
    if (slot !== undefined) return slot;
    throw new TsnctlError('NO_SLOT', `interface ${ifindex} has no place in the tables`);
  }

  /**
   * Give a pod a policy. It is written beside the one that holds, and then holds by one store: each packet
   * meets one of the two. The next change of this pod has to wait until no packet meets the old one. A pod that has
   * just come has no old one.
   */
  setPod(ifindex: number, policy: Policy): void {
    const slot = slotFor(this.#pods, ifindex, probes());
    const row = this.#pods.row(slot);
    const wanted = policyRow(policy);
    const known = row.ifindex === ifindex;
    if (known && sameRow(currentOf(row), wanted)) return;
    if (row.stale !== 0 && !isLongAgo(row.stale)) this.#settle();
    if (!known) zero(this.map('pod_counters'), slot);
    const current = row.current === 0 ? 1 : 0;
    row.policy[current] = wanted;
    this.#pods.set(slot, { ifindex, current, policy: row.policy, stale: known ? thisSecond() : 0 });
  }

  setUplink(ifindex: number, value: Omit<UplinkRow, 'ifindex'>): void {
    const slot = slotFor(this.#uplinks, ifindex, probes());
    if (this.#uplinks.ifindexAt(slot) !== ifindex) zero(this.map('uplink_counters'), slot);
    this.#uplinks.set(slot, { ifindex, ...value });
  }

  clearPod(ifindex: number): void {
    const slot = findSlot(this.#pods, ifindex, probes());
    if (slot !== undefined)
      this.#pods.set(slot, { ...this.#pods.row(slot), ifindex: 0, stale: thisSecond() });
  }

  clearUplink(ifindex: number): void {
    const slot = findSlot(this.#uplinks, ifindex, probes());
    if (slot !== undefined) this.#uplinks.set(slot, { ifindex: 0, clock: 'UPLINK_NONE', stacked: 0 });
  }

  /** What was counted for an interface, or undefined where it has no entry. */
  counters(kind: 'pod' | 'uplink', ifindex: number): Counters | undefined {
    const row = this.#counterRow(kind, ifindex);
    return row && Object.fromEntries(Object.entries(row).map(([name, value]) => [name, total(value)]));
  }

  /** Those of the counters that tell priorities apart, each by priority. */
  countersByPriority(kind: 'pod' | 'uplink', ifindex: number): PriorityCounters | undefined {
    const row = this.#counterRow(kind, ifindex);
    return row && Object.fromEntries(Object.entries(row).filter(isByPriority));
  }

  [Symbol.dispose](): void {
    this.#open.dispose();
  }

  #counterRow(kind: 'pod' | 'uplink', ifindex: number): CounterRow | undefined {
    const slot = findSlot(this.#table<Slotted>(`${kind}s`), ifindex, probes());
    if (slot === undefined) return undefined;
    return sum(this.map<CounterRow>(`${kind}_counters`).getPerCpu(slot) ?? []);
  }

  /** One wait for the packets of all changes so far. */
  #settle(): void {
    const rows = Array.from({ length: this.#pods.length }, (_, slot) => ({
      slot,
      row: this.#pods.row(slot),
    }));
    waitForPackets();
    for (const { slot, row } of rows) if (row.stale !== 0) this.#pods.set(slot, { ...row, stale: 0 });
  }

  get #pods(): SlotTable<PodRow> {
    return this.#table('pods');
  }

  get #uplinks(): SlotTable<UplinkRow> {
    return this.#table('uplinks');
  }

  #table<Row extends Slotted>(name: keyof typeof structs): SlotTable<Row> {
    let table = this.#slots.get(name);
    if (!table) {
      table = this.#open.use(new SlotTable<Slotted>(this.map(name), structs[name]));
      this.#slots.set(name, table);
    }
    return table as SlotTable<Slotted> as SlotTable<Row>;
  }
}

function currentOf({ current, policy }: PodRow): PolicyRow {
  return policy[current === 0 ? 0 : 1];
}

function sameRow(a: PolicyRow, b: PolicyRow): boolean {
  return a.priorities === b.priorities && a.horizon_ns === b.horizon_ns;
}

function thisSecond(): number {
  return 1 + Number(clockNs('monotonic') / 1_000_000_000n);
}

/** A packet is in a program for microseconds: over a whole second ago, none is left. */
function isLongAgo(second: number): boolean {
  return thisSecond() - second >= 2;
}

/** Until every program that may have read a row has ended; a kernel with nohz_full CPUs cannot tell when. */
function waitForPackets(): void {
  try {
    waitForRcu();
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
    const LONG_ENOUGH_MS = 100;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LONG_ENOUGH_MS);
  }
}

function openTable(path: string, name: TableName): BpfMap<number, unknown> {
  const map = BpfMap.pinned<number, unknown>(path);
  const { kernelName, entries, valueSize } = tableShape(name);
  if (map.name === kernelName && map.maxEntries === entries && map.valueSize === valueSize) return map;
  const found =
    map.name === kernelName
      ? `with ${map.maxEntries} values of ${map.valueSize} bytes, not ${entries} of ${valueSize}`
      : `named ${map.name || '(none)'}, not ours`;
  map[Symbol.dispose]();
  throw new TsnctlError('FOREIGN_PIN', `${path} is a map ${found}`, {
    hint: `bpftool map show pinned ${path}; if it is not needed: rm ${path}`,
  });
}

function zero(counters: BpfMap<number, CounterRow>, slot: number): void {
  const old = counters.get(slot) ?? {};
  const none = Object.entries(old).map(([name, value]) => [name, isArray(value) ? value.map(() => 0n) : 0n]);
  counters.set(slot, Object.fromEntries(none));
}

function sum(copies: readonly CounterRow[]): CounterRow {
  const [first = {}, ...others] = copies;
  return others.reduce(
    (all, copy) =>
      Object.fromEntries(Object.entries(all).map(([name, value]) => [name, add(value, copy[name])])),
    first,
  );
}

function add(a: CounterRow[string], b: CounterRow[string] = 0n): CounterRow[string] {
  if (!isArray(a)) return isArray(b) ? b : a + b;
  return a.map((value, at) => value + (isArray(b) ? (b[at] ?? 0n) : 0n));
}

function total(value: CounterRow[string]): bigint {
  return isArray(value) ? value.reduce((all, one) => all + one, 0n) : value;
}

function isArray(value: CounterRow[string]): value is readonly bigint[] {
  return Array.isArray(value);
}

function isByPriority(entry: [string, CounterRow[string]]): entry is [string, readonly bigint[]] {
  return isArray(entry[1]);
}
