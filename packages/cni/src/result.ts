import { CniError } from './error.ts';
import { asArray, asObject, asString, isArray, isObject, member } from './json.ts';
import type { Json, JsonObject } from './json-type.ts';
import { atLeast, type CniVersion, checkVersion } from './version.ts';

/** The result of an ADD, in the form of the version that it names. Unknown fields are kept: they are somebody's. */
export interface Result extends JsonObject {
  readonly cniVersion: CniVersion;
}

export interface Interface {
  readonly name: string;
  readonly mac?: string;
  /** The path of a network namespace; without one the interface is on the host. */
  readonly sandbox?: string;
  readonly mtu?: number;
  readonly socketPath?: string;
  readonly pciID?: string;
}

export interface IpConfig {
  /** With its prefix length: `10.1.0.5/16`. */
  readonly address: string;
  readonly gateway?: string;
  /** An index into `interfaces`. */
  readonly interface?: number;
}

export interface Route {
  readonly dst: string;
  readonly gw?: string;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

/** Read what a plugin printed, or a prevResult. Without cniVersion it has that of the request. @throws CniError 6 */
export function parseResult(
  value: Json | undefined,
  requestVersion: CniVersion,
  what = 'the result',
): Result {
  const raw = asObject(value, what);
  const own = member(raw, 'cniVersion') ?? '';
  const cniVersion = own === '' ? requestVersion : checkVersion(asString(own, `${what}.cniVersion`));
  for (const [key, check] of Object.entries(shape)) {
    for (const [at, item] of listOf(raw, key, what).entries())
      check(asObject(item, `${what}.${key}.${at}`), `${what}.${key}.${at}`);
  }
  return member(raw, 'cniVersion') === cniVersion ? (raw as Result) : { ...raw, cniVersion };
}

export function interfacesOf(result: Result): readonly Interface[] {
  return (member(result, 'interfaces') ?? []) as unknown as readonly Interface[];
}

export function ipsOf(result: Result): readonly IpConfig[] {
  return (member(result, 'ips') ?? []) as unknown as readonly IpConfig[];
}

export function routesOf(result: Result): readonly Route[] {
  return (member(result, 'routes') ?? []) as unknown as readonly Route[];
}

/**
 * The same result in another version. `lost` names, as paths, the fields that this version has no place for.
 * Fields that no version knows are kept.
 */
export function convertResult(result: Result, to: CniVersion): { result: Result; lost: string[] } {
  if (result.cniVersion === to) return { result, lost: [] };
  const lost: string[] = [];
  const converted: Record<string, Json> = { ...result, cniVersion: to };
  for (const [key, since] of [
    ['interfaces', INTERFACE_SINCE],
    ['routes', ROUTE_SINCE],
  ] as const) {
    const items = member(result, key);
    if (isArray(items))
      converted[key] = items.map((item, at) => without(item, since, to, `${key}.${at}`, lost));
  }
  const ips = member(result, 'ips');
  if (isArray(ips)) converted.ips = ips.map((item) => withIpVersion(item, to));
  return { result: converted as Result, lost };
}

// Spec 1.1.0, section 5, "ADD Success": what 1.0.0 did not have.
const INTERFACE_SINCE: Since = { mtu: '1.1.0', socketPath: '1.1.0', pciID: '1.1.0' };
const ROUTE_SINCE: Since = {
  mtu: '1.1.0',
  advmss: '1.1.0',
  priority: '1.1.0',
  table: '1.1.0',
  scope: '1.1.0',
};
type Since = Readonly<Record<string, CniVersion>>;

function without(item: Json, since: Since, to: CniVersion, path: string, lost: string[]): Json {
  if (!isObject(item)) return item;
  const tooNew = Object.keys(item).filter(
    (key) => Object.hasOwn(since, key) && !atLeast(to, since[key] ?? to),
  );
  lost.push(...tooNew.map((key) => `${path}.${key}`));
  return Object.fromEntries(Object.entries(item).filter(([key]) => !tooNew.includes(key)));
}

/** Up to 0.4.0 each address says whether it is IPv4 or IPv6; 1.0.0 dropped that, because the address shows it. */
function withIpVersion(item: Json, to: CniVersion): Json {
  if (!isObject(item)) return item;
  const { version: _, ...others } = item;
  if (atLeast(to, '1.0.0')) return others;
  return { version: String(member(item, 'address')).includes(':') ? '6' : '4', ...others };
}

const shape: Record<string, (item: JsonObject, path: string) => void> = {
  interfaces: (item, path) =>
    strings(item, path, ['name'], ['mac', 'sandbox', 'socketPath', 'pciID'], ['mtu']),
  ips: (item, path) => strings(item, path, ['address'], ['gateway', 'version'], ['interface']),
  routes: (item, path) =>
    strings(item, path, ['dst'], ['gw'], ['mtu', 'advmss', 'priority', 'table', 'scope']),
};

function strings(
  item: JsonObject,
  path: string,
  required: readonly string[],
  optional: readonly string[],
  integers: readonly string[],
): void {
  for (const key of required) asString(member(item, key), `${path}.${key}`);
  for (const key of optional) asString(member(item, key) ?? '', `${path}.${key}`);
  for (const key of integers) {
    if (Number.isSafeInteger(member(item, key) ?? 0)) continue;
    throw new CniError('decodingFailure', `${path}.${key} is no whole number`);
  }
}

// Go writes an empty list as null.
function listOf(raw: JsonObject, key: string, what: string): readonly Json[] {
  return asArray(member(raw, key) ?? [], `${what}.${key}`);
}
