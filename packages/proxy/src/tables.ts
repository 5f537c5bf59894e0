import { existsSync, rmSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { BpfMap } from 'libbpf-ts';
import { probes, tableShape } from './objects.ts';
import { type Pins, TABLES, type TableName } from './pins.ts';
import { type Policy, type PolicyRow, policyOfRow, policyRow } from './policy.ts';
import { findSlot, type Slotted, slotFor } from './slots.ts';

// The shapes that the objects' BTF gives these maps' values; bpf/tables.h.
interface PodRow extends Slotted {
  policy: number;
}
export interface UplinkRow extends Slotted {
  clock: 'UPLINK_NONE' | 'UPLINK_MONOTONIC' | 'UPLINK_TAI';
  stacked: number;
}
/** Counters by name, summed over the CPUs. */
export type Counters = Record<string, bigint>;

/** The pinned tables of one namespace. */
export class Tables implements Disposable {
  readonly #maps = new Map<TableName, BpfMap<number, unknown>>();
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
    const open = this.#maps.get(name) ?? openTable(this.#pins.table(name), name);
    this.#maps.set(name, open);
    return open as BpfMap<number, Value>;
  }

  pods(): { ifindex: number; policy: Policy }[] {
    const policies = this.map<PolicyRow>('policies').list();
    return this.map<PodRow>('pods')
      .list()
      .filter(({ ifindex }) => ifindex !== 0)
      .map(({ ifindex, policy }) => ({ ifindex, policy: policyOfRow(policies[policy] as PolicyRow) }));
  }

  uplinks(): UplinkRow[] {
    return this.map<UplinkRow>('uplinks')
      .list()
      .filter(({ ifindex }) => ifindex !== 0);
  }

  /** Give a pod a policy in one store: a new policy is a new row, which the pod's entry then points to. */
  setPod(ifindex: number, policy: Policy): void {
    const pods = this.map<PodRow>('pods');
    const table = pods.list();
    const row = this.#policyRow(policyRow(policy), table);
    const slot = slotFor(table, ifindex, probes());
    if (table[slot]?.ifindex !== ifindex) zero(this.map('pod_counters'), slot);
    pods.set(slot, { ifindex, policy: row });
  }

  setUplink(ifindex: number, value: Omit<UplinkRow, 'ifindex'>): void {
    const uplinks = this.map<UplinkRow>('uplinks');
    const table = uplinks.list();
    const slot = slotFor(table, ifindex, probes());
    if (table[slot]?.ifindex !== ifindex) zero(this.map('uplink_counters'), slot);
    uplinks.set(slot, { ifindex, ...value });
  }

  clearPod(ifindex: number): void {
    const pods = this.map<PodRow>('pods');
    const slot = findSlot(pods.list(), ifindex, probes());
    if (slot !== undefined) pods.set(slot, { ifindex: 0, policy: 0 });
  }

  clearUplink(ifindex: number): void {
    const uplinks = this.map<UplinkRow>('uplinks');
    const slot = findSlot(uplinks.list(), ifindex, probes());
    if (slot !== undefined) uplinks.set(slot, { ifindex: 0, clock: 'UPLINK_NONE', stacked: 0 });
  }

  /** What was counted for an interface, or undefined where it has no entry. */
  counters(kind: 'pod' | 'uplink', ifindex: number): Counters | undefined {
    const slot = findSlot(this.map<Slotted>(`${kind}s`).list(), ifindex, probes());
    if (slot === undefined) return undefined;
    return sum(this.map<Counters>(`${kind}_counters`).getPerCpu(slot) ?? []);
  }

  /** The row of this policy: one that has it already, or one that no pod refers to. Row 0 allows nothing. */
  #policyRow(wanted: PolicyRow, pods: readonly PodRow[]): number {
    const policies = this.map<PolicyRow>('policies');
    const rows = policies.list();
    const used = new Set([0, ...pods.filter(({ ifindex }) => ifindex !== 0).map(({ policy }) => policy)]);
    const same = rows.findIndex(
      (row, at) =>
        used.has(at) && row.priorities === wanted.priorities && row.horizon_ns === wanted.horizon_ns,
    );
    if (same >= 0) return same;
    const free = rows.findIndex((_, at) => !used.has(at));
    policies.set(free, wanted);
    return free;
  }

  [Symbol.dispose](): void {
    for (const map of this.#maps.values()) map[Symbol.dispose]();
    this.#maps.clear();
  }
}

function openTable(path: string, name: TableName): BpfMap<number, unknown> {
  const map = BpfMap.pinned<number, unknown>(path);
  const { entries, valueSize } = tableShape(name);
  if (map.name === name && map.maxEntries === entries && map.valueSize === valueSize) return map;
  const found =
    map.name === name
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
