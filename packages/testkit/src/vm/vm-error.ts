/** A machine that cannot do it: what was tried and refused, and what to try next. */
export class VmError extends Error {
  declare readonly hint?: string;

  constructor(message: string, { hint, cause }: { hint?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'VmError';
    if (hint !== undefined) this.hint = hint;
  }
}
