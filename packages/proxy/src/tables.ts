import { existsSync, rmSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno, waitForRcu } from '@tsnctl/linux';
import { BpfMap } from 'libbpf-ts';
import { probes, tableShape } from './objects.ts';
import { type Pins, TABLES, type TableName } from './pins.ts';
import { type Policy, type PolicyRow, policyOfRow, policyRow } from './policy.ts';
import { SlotTable } from './slot-table.ts';
import { findSlot, type Slotted, slotFor } from './slots.ts';

// The shapes that the objects' BTF gives these rows; bpf/tables.h.
interface PodRow extends Slotted {
  policy: number;
}
export interface UplinkRow extends Slotted {
  clock: 'UPLINK_NONE' | 'UPLINK_MONOTONIC' | 'UPLINK_TAI';
  stacked: number;
}
/** Counters by name, summed over the CPUs. */
export type Counters = Record<string, bigint>;

/** The struct of each slot table's rows. */
const structs = { policies: 'policy', pods: 'pod', uplinks: 'uplink' } as const;

/** The pinned tables of one namespace. */
export class Tables implements Disposable {
  readonly #open = new DisposableStack();
  readonly #maps = new Map<TableName, BpfMap<number, unknown>>();
  readonly #slots = new Map<TableName, SlotTable<unknown>>();
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

  pods(): { ifindex: number; policy: Policy }[] {
    const policies = this.#table<PolicyRow>('policies').rows();
    return this.#table<PodRow>('pods')
      .rows()
      .filter(({ ifindex }) => ifindex !== 0)
      .map(({ ifindex, policy }) => ({ ifindex, policy: policyOfRow(policies[policy] as PolicyRow) }));
  }

  uplinks(): UplinkRow[] {
    return this.#table<UplinkRow>('uplinks')
      .rows()
      .filter(({ ifindex }) => ifindex !== 0);
  }

  /** Where the programs find a pod, for one that is loaded for this pod alone; set before. */
  podSlot(ifindex: number): number {
    const slot = findSlot(this.#table<PodRow>('pods').rows(), ifindex, probes());
    if (slot === undefined)
      throw new TsnctlError('NO_SLOT', `interface ${ifindex} has no place in the tables`);
    return slot;
  }

  /** Give a pod a policy in one store: a new policy is a new row, which the pod's entry then points to. */
  setPod(ifindex: number, policy: Policy): void {
    const pods = this.#table<PodRow>('pods');
    const table = pods.rows();
    const row = this.#policyRow(policyRow(policy), table);
    const slot = slotFor(table, ifindex, probes());
    if (table[slot]?.ifindex !== ifindex) zero(this.map('pod_counters'), slot);
    pods.set(slot, { ifindex, policy: row });
  }

  setUplink(ifindex: number, value: Omit<UplinkRow, 'ifindex'>): void {
    const uplinks = this.#table<UplinkRow>('uplinks');
    const table = uplinks.rows();
    const slot = slotFor(table, ifindex, probes());
    if (table[slot]?.ifindex !== ifindex) zero(this.map('uplink_counters'), slot);
    uplinks.set(slot, { ifindex, ...value });
  }

  clearPod(ifindex: number): void {
    const pods = this.#table<PodRow>('pods');
    const slot = findSlot(pods.rows(), ifindex, probes());
    if (slot !== undefined) pods.set(slot, { ifindex: 0, policy: 0 });
  }

  clearUplink(ifindex: number): void {
    const uplinks = this.#table<UplinkRow>('uplinks');
    const slot = findSlot(uplinks.rows(), ifindex, probes());
    if (slot !== undefined) uplinks.set(slot, { ifindex: 0, clock: 'UPLINK_NONE', stacked: 0 });
  }

  /** What was counted for an interface, or undefined where it has no entry. */
  counters(kind: 'pod' | 'uplink', ifindex: number): Counters | undefined {
    const slot = findSlot(this.#table<Slotted>(`${kind}s`).rows(), ifindex, probes());
    if (slot === undefined) return undefined;
    return sum(this.map<Counters>(`${kind}_counters`).getPerCpu(slot) ?? []);
  }

  [Symbol.dispose](): void {
    this.#open.dispose();
  }

  #table<Row>(name: keyof typeof structs): SlotTable<Row> {
    let table = this.#slots.get(name);
    if (!table) {
      table = this.#open.use(new SlotTable<unknown>(this.map(name), structs[name]));
      this.#slots.set(name, table);
    }
    return table as SlotTable<Row>;
  }

  /**
   * The row of this policy: one that has it already, or one that is blank. A packet may still be under way
   * with what stands in a row that no pod refers to any more: once no blank row is left, one wait blanks all
   * of those. Row 0 allows nothing.
   */
  #policyRow(wanted: PolicyRow, pods: readonly PodRow[]): number {
    const policies = this.#table<PolicyRow>('policies');
    const rows = policies.rows();
    const used = new Set([0, ...pods.filter(({ ifindex }) => ifindex !== 0).map(({ policy }) => policy)]);
    const isWanted = (row: PolicyRow) =>
      row.priorities === wanted.priorities && row.horizon_ns === wanted.horizon_ns;
    const same = rows.findIndex((row, at) => used.has(at) && isWanted(row));
    if (same >= 0) return same;
    const blank = rows.findIndex((row, at) => !used.has(at) && isBlank(row));
    if (blank >= 0) {
      policies.set(blank, wanted);
      return blank;
    }
    waitForPackets();
    const unused = [...rows.keys()].filter((at) => !used.has(at));
    for (const at of unused) policies.set(at, BLANK);
    const [at] = unused;
    if (at === undefined) {
      throw new TsnctlError(
        'TABLE_FULL',
        `${rows.length} pods have a policy each, and there is no room for more`,
        {
          hint: 'tsnctl detach pod IF for interfaces that are no longer needed',
        },
      );
    }
    policies.set(at, wanted);
    return at;
  }
}

const BLANK: PolicyRow = { priorities: 0n, horizon_ns: 0n };

function isBlank({ priorities, horizon_ns }: PolicyRow): boolean {
  return priorities === 0n && horizon_ns === 0n;
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

function zero(counters: BpfMap<number, Counters>, slot: number): void {
  const old = counters.get(slot) ?? {};
  counters.set(slot, Object.fromEntries(Object.keys(old).map((name) => [name, 0n])));
}

function sum(copies: readonly Counters[]): Counters {
  const total: Counters = {};
  for (const copy of copies) {
    for (const [name, value] of Object.entries(copy)) total[name] = (total[name] ?? 0n) + value;
  }
  return total;
}
