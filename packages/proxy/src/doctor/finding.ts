/**
 * error: a pod's metadata does not arrive, or somebody else's may. warning: it will not under some condition that
 * is likely. hint: it could be better. ok: it is as it should be. unseen: nobody could look.
 */
export const SEVERITIES = ['error', 'warning', 'hint', 'unseen', 'ok'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One thing that doctor has to say. */
export interface Finding {
  /** Which check found it: one of `checks`. */
  readonly check: string;
  readonly severity: Severity;
  /** The interface, file or program that it is about. */
  readonly subject?: string;
  readonly message: string;
  /** What was seen, so that it can be looked at again. */
  readonly evidence?: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** A finding without the name of its check. */
export type Found = Omit<Finding, 'check'>;
