/** How a boot ended. */
export type Outcome =
  | { readonly kind: 'exited'; readonly code: number }
  /** The kernel gave up. */
  | { readonly kind: 'panic'; readonly message: string }
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

export function outcomeOf({ exit, console, stopped, qemu }: Evidence): Outcome {
  const panic = /Kernel panic - not syncing.*/.exec(console)?.[0];
  if (panic !== undefined) return { kind: 'panic', message: panic.trim() };
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
