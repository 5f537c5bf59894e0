import type { FoundCounters, NodeObservations } from './observations.ts';

/** What was counted at an interface, as decimals; null where it is not in the tables, or cannot be read. */
export function countersOf(
  { counters }: Pick<NodeObservations, 'counters'>,
  of: FoundCounters['of'],
  ifindex: number,
): { counters: Record<string, string> | null; byPriority: string[] | null } {
  const found = counters.find((one) => one.of === of && one.ifindex === ifindex);
  if (!found) return { counters: null, byPriority: null };
  const decimals = Object.entries(found.counters).map(([name, value]) => [name, `${value}`] as const);
  return { counters: Object.fromEntries(decimals), byPriority: found.byPriority.map(String) };
}
