/** Priorities in words: `priority 3`, `priorities 3,5-6`, `no priority`. */
export function describePriorities(priorities: readonly number[]): string {
  if (priorities.length === 0) return 'no priority';
  return `${priorities.length === 1 ? 'priority' : 'priorities'} ${formatPriorities(priorities)}`;
}

/** Priorities in ascending order as a list with ranges: `3,5-6`. */
export function formatPriorities(priorities: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const priority of priorities) {
    const run = runs.at(-1);
    if (run && run[1] === priority - 1) run[1] = priority;
    else runs.push([priority, priority]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
