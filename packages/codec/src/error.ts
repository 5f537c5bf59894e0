/**
 * The one base class of every error that this product throws on purpose.
 * `code` is for programs, `message` says what was tried and what was refused, `hint` says what to try next.
 */
export class TsnctlError extends Error {
  readonly code: string;
  declare readonly hint?: string;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

/** Bytes that do not fit the layout, or a value that does not. `path` names the field: `schedule.2.intervalNs`. */
export class CodecError extends TsnctlError {
  readonly path: string;

  constructor(path: string, message: string) {
    super('CODEC', path === '' ? message : `${path}: ${message}`);
    this.path = path;
  }
}
