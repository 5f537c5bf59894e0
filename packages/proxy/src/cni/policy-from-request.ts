import { CniError, type JsonObject, POD_ANNOTATIONS } from '@tsnctl/cni';
import {
  checkPolicy,
  DEFAULT_HORIZON_NS,
  type Policy,
  parseDuration,
  parsePriorities,
  parseRemap,
} from '../policy.ts';
import { withheld } from './withheld.ts';

export const ANNOTATION_PREFIX = 'tsnctl.dev/';

/** May do nothing: what a pod has that asks for nothing, or is granted nothing. */
export const NOTHING: Policy = { allow: [], remap: {}, horizonNs: 0n };

export interface RequestedPolicy {
  /** What was asked for and is granted. */
  readonly policy: Policy;
  /** The pod has annotations of ours. */
  readonly asks: boolean;
  /** What was asked for and is left out, in words. */
  readonly withheld: readonly string[];
}

/**
 * The policy of a pod: its annotations ask, the plugin's entry in the network's list grants, the stricter wins.
 * @throws CniError 7 where one of the two is malformed: the message names it
 */
export function policyFromRequest({
  config,
  runtimeConfig,
}: {
  readonly config: JsonObject;
  readonly runtimeConfig: JsonObject;
}): RequestedPolicy {
  const annotations = annotationsOf(runtimeConfig);
  requireKnown(config);
  const granted = readGrant(config);
  if (annotations.size === 0) return { policy: NOTHING, asks: false, withheld: [] };
  return { ...restrict(readAnnotations(annotations), granted), asks: true };
}

/** What is both asked for and granted. A remapping needs a grant of what is sent in the end. */
function restrict(asked: Asked, granted: Policy): Omit<RequestedPolicy, 'asks'> {
  const allow = asked.allow.filter((priority) => granted.allow.includes(priority));
  const denied = asked.allow.filter((priority) => !granted.allow.includes(priority));
  const pairs = Object.entries(asked.remap).map(([from, to]) => ({ from: Number(from), to }));
  const remap = Object.fromEntries(
    pairs.filter(({ to }) => allow.includes(to)).map(({ from, to }) => [from, to]),
  );
  const notRemapped = pairs.filter(({ to }) => !allow.includes(to));
  const horizonNs = granted.horizonNs < asked.horizonNs ? granted.horizonNs : asked.horizonNs;
  return {
    policy: { allow, remap, horizonNs },
    withheld: withheld(asked, { denied, notRemapped, grantedNs: granted.horizonNs }),
  };
}

export interface Asked extends Policy {
  /** The horizon is the pod's own wish, not the one that there is by default. */
  readonly namesHorizon: boolean;
}

/**
 * What a pod's annotations ask for; undefined where it has none of ours.
 * @throws CniError 7 where one is malformed: the message names it
 */
export function askedByAnnotations(annotations: Readonly<Record<string, string>>): Asked | undefined {
  const ours = annotationsOf({ [POD_ANNOTATIONS]: annotations });
  return ours.size === 0 ? undefined : readAnnotations(ours);
}

function readAnnotations(annotations: ReadonlyMap<string, string>): Asked {
  const known = ['priorities', 'remap', 'txtime', 'horizon'];
  for (const [key, value] of annotations) {
    if (known.some((name) => key === ANNOTATION_PREFIX + name)) continue;
    const names = known.map((name) => ANNOTATION_PREFIX + name).join(', ');
    throw malformed(key, value, 'is none of ours', `one of ${names}`);
  }
  const read = <T>(name: string, parse: (text: string) => T, otherwise: T): T => {
    const key = ANNOTATION_PREFIX + name;
    const value = annotations.get(key);
    return value === undefined ? otherwise : attempt(key, value, () => parse(value));
  };
  const policy: Policy = {
    allow: read('priorities', parsePriorities, []),
    remap: read('remap', parseRemap, {}),
    horizonNs: 0n,
  };
  const remap = `${ANNOTATION_PREFIX}remap`;
  attempt(remap, annotations.get(remap) ?? '', () => checkPolicy(policy));
  const txtime = read('txtime', parseBoolean, false);
  const horizonNs = read('horizon', parseDuration, DEFAULT_HORIZON_NS);
  const horizon = `${ANNOTATION_PREFIX}horizon`;
  const namesHorizon = annotations.has(horizon);
  if (namesHorizon && !txtime) {
    const why = 'limits launch times, which are not asked for';
    throw malformed(horizon, annotations.get(horizon) ?? '', why, `${ANNOTATION_PREFIX}txtime: "true"`);
  }
  return { ...policy, horizonNs: txtime ? horizonNs : 0n, namesHorizon };
}

/** What our entry may have, and what the runtime or the specification puts beside it. */
const OURS = ['grant', 'onAgentDown', 'socket', 'timeoutMs'];
const OTHERS = new Set([
  ...['type', 'cniVersion', 'name', 'capabilities', 'runtimeConfig', 'prevResult'],
  ...['args', 'dns', 'ipam', 'ipMasq'],
]);

/** A setting that is misspelt would be one that does not hold. */
function requireKnown(config: JsonObject): void {
  const isKnown = (key: string) => OURS.includes(key) || OTHERS.has(key) || key.startsWith('cni.dev/');
  const stranger = Object.keys(config).find((key) => !isKnown(key));
  if (stranger === undefined) return;
  throw new CniError(
    'invalidNetworkConfig',
    `the plugin's entry: no such key: "${stranger.slice(0, LONG)}"`,
    {
      hint: `one of ${OURS.join(', ')}`,
    },
  );
}

/** `"grant": {"priorities": "1-6", "txtime": true, "horizon": "10s"}`; nothing where there is none. */
function readGrant(config: JsonObject): Policy {
  const grant = own(config, 'grant');
  if (grant === undefined) return NOTHING;
  if (typeof grant !== 'object' || grant === null || Array.isArray(grant)) {
    throw badGrant('grant', grant, 'an object: {"priorities": "1-6", "txtime": true, "horizon": "10s"}');
  }
  const members = grant as JsonObject;
  const stranger = Object.keys(members).find((key) => !['priorities', 'txtime', 'horizon'].includes(key));
  if (stranger !== undefined) {
    throw badGrant(`grant.${stranger}`, members[stranger], 'one of priorities, txtime, horizon');
  }
  const [priorities, txtime = false, horizon] = ['priorities', 'txtime', 'horizon'].map((key) =>
    own(members, key),
  );
  if (typeof txtime !== 'boolean') throw badGrant('grant.txtime', txtime, 'true or false');
  const text = <T>(
    key: string,
    value: unknown,
    parse: (text: string) => T,
    otherwise: T,
    hint: string,
  ): T => {
    if (value === undefined) return otherwise;
    if (typeof value !== 'string') throw badGrant(key, value, hint);
    try {
      return parse(value);
    } catch {
      throw badGrant(key, value, hint);
    }
  };
  const allow = text('grant.priorities', priorities, parsePriorities, [], '"1-6" or "3,5-6"');
  const horizonNs = text(
    'grant.horizon',
    horizon,
    parseDuration,
    DEFAULT_HORIZON_NS,
    '"500us", "20ms", "10s"',
  );
  if (horizon !== undefined && !txtime) throw badGrant('grant.horizon', horizon, '"txtime": true beside it');
  return { allow, remap: {}, horizonNs: txtime ? horizonNs : 0n };
}

/** The pod's annotations that concern us. */
function annotationsOf(runtimeConfig: JsonObject): Map<string, string> {
  const all = own(runtimeConfig, POD_ANNOTATIONS) ?? {};
  if (typeof all !== 'object' || all === null || Array.isArray(all)) {
    throw new CniError('invalidNetworkConfig', `runtimeConfig["${POD_ANNOTATIONS}"] is not an object`);
  }
  const ours = Object.entries(all as JsonObject).filter(([key]) => key.startsWith(ANNOTATION_PREFIX));
  return new Map(
    ours.map(([key, value]) => {
      if (typeof value !== 'string') throw malformed(key, JSON.stringify(value), 'is not a string');
      return [key, value];
    }),
  );
}

function parseBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new CniError('invalidNetworkConfig', 'is neither true nor false', { hint: '"true"' });
}

/** Whatever a parser refuses becomes the refusal of this annotation. */
function attempt<T>(key: string, value: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string };
    throw malformed(key, value, message, hint, error);
  }
}

const LONG = 200;

function malformed(key: string, value: string, why: string, hint?: string, cause?: unknown): CniError {
  const shown = JSON.stringify(value.slice(0, LONG));
  const said = why.includes(shown) ? why : `${shown}: ${why}`;
  const message = `annotation ${key.slice(0, LONG)}: ${said.slice(0, 2 * LONG)}`;
  return new CniError('invalidNetworkConfig', message, {
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && { cause }),
  });
}

function badGrant(key: string, value: unknown, hint: string): CniError {
  const shown = JSON.stringify(value).slice(0, LONG);
  return new CniError('invalidNetworkConfig', `the plugin's entry: "${key}" is ${shown}`, { hint });
}

function own(object: JsonObject, key: string) {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
