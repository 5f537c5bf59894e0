import type { PathState } from './model.ts';

/** Whether two states are the same, owner and mode included. */
export function sameState(a: PathState, b: PathState): boolean {
  if (a.kind !== b.kind) return false;
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return Object.keys(a).every((key) => one[key] === other[key]);
}

export function describeState(state: PathState): string {
  switch (state.kind) {
    case 'none':
      return 'nothing';
    case 'file':
      return `a file (${state.sha256.slice(0, 12)}, mode ${octal(state.mode)})`;
    case 'directory':
      return `a directory (mode ${octal(state.mode)})`;
    case 'link':
      return `a link to ${state.target}`;
    case 'other':
      return 'something else';
  }
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
