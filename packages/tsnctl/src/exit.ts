import { TsnctlError } from '@tsnctl/codec';

/** `interrupted`, `terminated` and `hungUp` are 128 + the signal, as shells count. */
export const Exit = {
  done: 0,
  failed: 1,
  usage: 2,
  drift: 3,
  unsupported: 4,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/** Error codes that mean more than `failed`. */
const codes: Record<string, Exit> = {
  USAGE: Exit.usage,
  DOCUMENT: Exit.usage,
  BAD_POLICY: Exit.usage,
  TC_COMMAND: Exit.usage,
  TC_JSON: Exit.usage,
  NO_FILE: Exit.usage,
  BAD_SCHEDULE: Exit.drift,
  INFEASIBLE: Exit.drift,
  UNSUPPORTED: Exit.unsupported,
  NO_LIBBPF: Exit.unsupported,
  ENOSYS: Exit.unsupported,
  SIGHUP: Exit.hungUp,
  SIGINT: Exit.interrupted,
  SIGTERM: Exit.terminated,
};

export function exitCodeOf(error: unknown): Exit {
  return (error instanceof TsnctlError ? codes[error.code] : undefined) ?? Exit.failed;
}

/**
 * One line on stderr: what was refused, and what to try next; a line for each problem of a file.
 * TSNCTL_DEBUG=1 adds the stack.
 */
export function reportError(error: unknown): void {
  process.stderr.write(`tsnctl: ${describeError(error)}\n`);
  if (process.env.TSNCTL_DEBUG === '1') console.error(error);
}

/** `MESSAGE. Try: HINT`, on one line. */
export function describeError(error: unknown): string {
  if (error instanceof SuppressedError) {
    return `${describeError(error.suppressed)}; besides, taking everything down failed: ${describeError(error.error)}`;
  }
  // A DocumentError, by its code: its class would bring the parser of YAML along, to every verb.
  if (error instanceof TsnctlError && error.code === 'DOCUMENT') return describeProblems(error);
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof TsnctlError && error.hint ? `. Try: ${error.hint}` : '';
  return `${message.trim()}${hint}`.replace(/\s*\n\s*/g, ' ');
}

function describeProblems({ message, hint }: TsnctlError): string {
  const [first = '', ...rest] = message.split('\n');
  if (rest.length === 0) return hint === undefined ? first : `${first}. Try: ${hint}`;
  return [first, ...rest, ...(hint === undefined ? [] : [`Try: ${hint}`])].join('\n  ');
}
