import { TsnctlError } from '@tsnctl/codec';

export const Exit = { done: 0, failed: 1, usage: 2, drift: 3, unsupported: 4 } as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/** Error codes that mean more than `failed`. */
const codes: Record<string, Exit> = {
  USAGE: Exit.usage,
  UNSUPPORTED: Exit.unsupported,
  NO_LIBBPF: Exit.unsupported,
  ENOSYS: Exit.unsupported,
};

export function exitCodeOf(error: unknown): Exit {
  return (error instanceof TsnctlError ? codes[error.code] : undefined) ?? Exit.failed;
}

/** One line on stderr: what was refused, and what to try next. TSNCTL_DEBUG=1 adds the stack. */
export function reportError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof TsnctlError && error.hint ? `. Try: ${error.hint}` : '';
  process.stderr.write(`tsnctl: ${message}${hint}\n`);
  if (process.env.TSNCTL_DEBUG === '1') console.error(error);
}
