import { TsnctlError } from '@tsnctl/codec';
import type { Json, JsonObject } from './json-type.ts';

/** The well-known codes of the spec, section 5, "Error". 100 and above are a plugin's own. */
export const CNI_CODES = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidNetworkConfig: 7,
  invalidNetns: 8, // not in the spec's table, but in libcni's (pkg/types)
  tryAgainLater: 11,
  notAvailable: 50,
  limitedConnectivity: 51,
  internal: 999, // libcni's, for what a plugin did not foresee
} as const;

export type CniCodeName = keyof typeof CNI_CODES;

/** What a plugin answers instead of a result. `cniCode` is the spec's number, `code` is `CNI_<number>`. */
export class CniError extends TsnctlError {
  readonly cniCode: number;
  declare readonly details?: string;

  constructor(
    code: CniCodeName | number,
    message: string,
    { details, ...options }: { details?: string; hint?: string; cause?: unknown } = {},
  ) {
    const number = typeof code === 'number' ? code : CNI_CODES[code];
    super(`CNI_${number}`, message, options);
    this.cniCode = number;
    if (details !== undefined) this.details = details;
  }
}

/** An error as a plugin prints it on stdout. A hint goes into the details: the spec has no other place. */
export function errorJson(error: CniError, cniVersion: string): JsonObject {
  const details = [error.details, error.hint && `Try: ${error.hint}`].filter(Boolean).join('. ');
  return { cniVersion, code: error.cniCode, msg: error.message, ...(details && { details }) };
}

/** What a plugin that failed has printed, read as libcni reads it: without JSON, stderr has to do. */
export function readError(
  { stdout, stderr, exitCode }: { stdout: string; stderr: string; exitCode: number },
  plugin: string,
): CniError {
  const printed = tryJson(stdout);
  if (typeof printed === 'object' && printed !== null && !Array.isArray(printed)) {
    const { code, msg: message, details } = printed as JsonObject;
    return new CniError(
      typeof code === 'number' ? code : 'internal',
      typeof message === 'string' && message !== '' ? message : `${plugin} failed and does not say why`,
      typeof details === 'string' && details !== '' ? { details } : {},
    );
  }
  const said = (stdout.trim() || stderr.trim()).slice(0, 4096);
  const message = `${plugin} ended with ${exitCode} and without an error in JSON`;
  return new CniError('internal', message, said === '' ? {} : { details: said });
}

/** Anything thrown, as a CniError: what no code was chosen for is 999. */
export function toCniError(thrown: unknown): CniError {
  if (thrown instanceof CniError) return thrown;
  if (thrown instanceof TsnctlError) {
    const hint = thrown.hint === undefined ? {} : { hint: thrown.hint };
    return new CniError('internal', thrown.message, { ...hint, details: thrown.code, cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CniError('internal', message, { cause: thrown });
}

function tryJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
