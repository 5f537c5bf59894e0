import type { NodeObservations } from './observations.ts';

/** What was counted at an interface, as decimals; null where it is not in the tables, or cannot be read. */
export function countersOf(
  { counters }: Pick<NodeObservations, 'counters'>,
  of: 'pod' | 'uplink',
  ifindex: number,
): Record<string, string> | null {
  const found = counters.find((one) => one.of === of && one.ifindex === ifindex);
  if (!found) return null;
  return Object.fromEntries(Object.entries(found.counters).map(([name, value]) => [name, `${value}`]));
}
