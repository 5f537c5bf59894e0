const SHOWN = 5;

/** `a, b, c, d, e and 12 more`: a fleet has thousands. */
export function listed(names: readonly string[], shown = SHOWN): string {
  if (names.length <= shown) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
}

/** `1 node has`, `3 nodes have`. */
export function counted(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}
