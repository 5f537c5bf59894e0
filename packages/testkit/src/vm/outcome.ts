/** How a boot ended. */
export type Outcome =
  | { readonly kind: 'exited'; readonly code: number }
  /** The kernel gave up. */
  | { readonly kind: 'panic'; readonly message: string }
  /** The kernel gave up over what QEMU got wrong: worth another try. */
  | { readonly kind: 'emulator fault'; readonly message: string }
  /** The guest stopped to show that it is alive. */
  | { readonly kind: 'hang'; readonly silentMs: number }
  /** The guest lived, and its command was not done. */
  | { readonly kind: 'timed out'; readonly limitMs: number }
  /** The machine went off, or qemu failed, before the command was done. */
  | { readonly kind: 'no result'; readonly qemu: string };

/** What is known when qemu has ended. */
export interface Evidence {
  /** The command's exit code, as the guest wrote it at the very end. */
  readonly exit: string | undefined;
  readonly console: string;
  /** Why the runner ended qemu, if it did. */
  readonly stopped?: Extract<Outcome, { kind: 'hang' | 'timed out' }>;
  /** What qemu itself said, and how it ended. */
  readonly qemu: string;
}

/**
 * The kernel patches itself while it runs, under breakpoints of its own. Emulated on several CPUs, QEMU before 8.1
 * sometimes runs into one that is gone by then: https://gitlab.com/qemu-project/qemu/-/commit/deba78709ae8
 */
const STALE_BREAKPOINT = /\bint3: 0000 \[#1\].*/;

export function outcomeOf({ exit, console, stopped, qemu }: Evidence): Outcome {
  const panic = /Kernel panic - not syncing.*/.exec(console)?.[0];
  if (panic !== undefined) {
    const fault = STALE_BREAKPOINT.exec(console)?.[0];
    return fault === undefined
      ? { kind: 'panic', message: panic.trim() }
      : { kind: 'emulator fault', message: fault.trim() };
  }
  if (exit !== undefined && /^\d+$/.test(exit.trim())) return { kind: 'exited', code: Number(exit) };
  return stopped ?? { kind: 'no result', qemu };
}

/** One line for people, without the console. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'exited':
      return `exited ${outcome.code}`;
    case 'panic':
      return `panic: ${outcome.message}`;
    case 'emulator fault':
      return `panic by a fault of QEMU, not of the kernel: ${outcome.message}`;
    case 'hang':
      return `hang: no sign of life for ${seconds(outcome.silentMs)}`;
    case 'timed out':
      return `timed out: not done after ${seconds(outcome.limitMs)}`;
    case 'no result':
      return `no result: the machine ended before its command did (${outcome.qemu})`;
  }
}

/** The last lines of a console, which is where the reason is. */
export function tail(console: string, lines = 40): string {
  return console.replaceAll('\r', '').trimEnd().split('\n').slice(-lines).join('\n');
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
