import type { Issue } from './issue.ts';

/** A refusal of the API server, as it is sent: metav1.Status. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Record<string, unknown>;

  constructor(code: number, reason: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toJSON(): object {
    const { code, reason, message, details } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      details,
      code,
    };
  }
}

/** 422: all that is wrong with an object. */
export function invalidObject(
  { group, kind }: { readonly group: string; readonly kind: string },
  name: string,
  issues: readonly Issue[],
): StatusError {
  const causes = issues.map(({ path, message }) => ({ reason: reasonOf(message), message, field: path }));
  const said = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  const what = group === '' ? kind : `${kind}.${group}`;
  return new StatusError(422, 'Invalid', `${what} "${name}" is invalid: ${text}`, {
    name,
    group,
    kind,
    causes,
  });
}

function reasonOf(message: string): string {
  return REASONS.find(([pattern]) => pattern.test(message))?.[1] ?? 'FieldValueInvalid';
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^Required value/, 'FieldValueRequired'],
  [/^Unsupported value/, 'FieldValueNotSupported'],
  [/^Duplicate value/, 'FieldValueDuplicate'],
  [/^Too long/, 'FieldValueTooLong'],
  [/^Too many/, 'FieldValueTooMany'],
  [/ must be of type \w+: "\w+"$/, 'FieldValueTypeInvalid'],
];
