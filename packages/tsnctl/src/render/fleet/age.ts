const UNITS: readonly [unit: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
];

/** How long ago, as kubectl says it: 12s, 4m, 3h, 2d. What is not yet is told as it is. */
export function ageOf(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < -1) return `in ${ageOf(-ms)}`;
  const [unit, size] = UNITS.find(([, least]) => seconds >= 2 * least) ?? ['s', 1];
  return `${Math.max(Math.floor(seconds / size), 0)}${unit}`;
}
