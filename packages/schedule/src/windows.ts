import type { Gate } from './schedule.ts';

/** A stretch of time in which a gate stays open, in ns from the cycle's begin; one at its end may go on in the next. */
export interface Window {
  readonly start: number;
  readonly length: number;
}

/** When the gate of a class is open: neighbouring entries are one window, also over the cycle's end. */
export function windowsOf(gates: readonly Gate[], tc: number): readonly Window[] {
  if (latest?.gates !== gates) latest = { gates, byClass: [] };
  latest.byClass[tc] ??= findWindows(gates, tc);
  return latest.byClass[tc];
}

/** Several rules look at the same gates, one after the other. A WeakMap would cost more than it saves. */
let latest: { readonly gates: readonly Gate[]; readonly byClass: (readonly Window[])[] } | undefined;

function findWindows(gates: readonly Gate[], tc: number): Window[] {
  const bit = 1 << tc;
  const windows: { start: number; length: number }[] = [];
  let at = 0;
  let wasOpen = false;
  for (const gate of gates) {
    const isOpen = (gate.open & bit) !== 0;
    if (isOpen && wasOpen) (windows.at(-1) as { length: number }).length += gate.for;
    else if (isOpen) windows.push({ start: at, length: gate.for });
    wasOpen = isOpen;
    at += gate.for;
  }
  const [first] = windows;
  const last = windows.at(-1);
  if (first && last && first !== last && first.start === 0 && last.start + last.length === at) {
    last.length += first.length;
    windows.shift();
  }
  return windows;
}

/** The longest time for which a gate stays closed; the whole cycle where it never opens. */
export function longestClosed(windows: readonly Window[], cycle: number): number {
  if (windows.length === 0) return cycle;
  return Math.max(
    ...windows.map(({ start, length }, at) => {
      const next = windows[at + 1];
      return (next ? next.start : (windows[0] as Window).start + cycle) - start - length;
    }),
  );
}

/** The sum of the gates. */
export function sumOf(gates: readonly Gate[]): number {
  return gates.reduce((sum, gate) => sum + gate.for, 0);
}
