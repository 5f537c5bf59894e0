import { CniError } from './error.ts';

/** The versions of the spec that this package speaks, oldest first. */
export const CNI_VERSIONS = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type CniVersion = (typeof CNI_VERSIONS)[number];
export const NEWEST: CniVersion = '1.1.0';

/** What came with which version: table of released versions at the top of the spec. */
export const SINCE = { CHECK: '0.4.0', cachedResultOnDel: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' } as const;

/** Below 0, 0 or above 0, as for Array.sort. Without a version it is 0.1.0, as in libcni. @throws CniError 6 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const at = left.findIndex((number, index) => number !== right[index]);
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

export function atLeast(version: string, since: string): boolean {
  return compareVersions(version, since) >= 0;
}

function isSupported(version: string, supported: readonly string[] = CNI_VERSIONS): version is CniVersion {
  return supported.includes(version);
}

/** The version of a request, if the plugin speaks it. @throws CniError 1, or 6 where it is no version at all */
export function checkVersion(version: string, supported: readonly string[] = CNI_VERSIONS): CniVersion {
  if (isSupported(version, supported)) return version;
  numbersOf(version);
  throw new CniError('incompatibleVersion', `cniVersion "${version}" is not supported`, {
    details: `supported: ${supported.join(', ')}`,
  });
}

/**
 * The version for a list: the highest of `cniVersion` and `cniVersions` that is not above `newest`, as libcni has
 * it (libcni/conf.go, NetworkConfFromBytes). With `supportedByPlugins`, from VERSION, also one that all speak.
 */
export function selectVersion(
  { cniVersion, cniVersions }: { cniVersion: string; cniVersions?: readonly string[] | undefined },
  { newest = NEWEST, supportedByPlugins = [] as readonly (readonly string[])[] } = {},
): string {
  const offered = [...(cniVersions ?? []), cniVersion].filter((version) => version !== '');
  const candidates = cniVersions === undefined ? offered : offered.filter((it) => atLeast(newest, it));
  const spoken = candidates.filter((it) => supportedByPlugins.every((versions) => versions.includes(it)));
  if (spoken.length === 0 && candidates.length > 0) {
    throw new CniError('incompatibleVersion', `no version of the list is spoken by every plugin`, {
      details: `the list offers ${candidates.join(', ')}`,
    });
  }
  return spoken.sort(compareVersions).at(-1) ?? cniVersion;
}

function numbersOf(version: string): [number, number, number] {
  if (version === '') return [0, 1, 0];
  if (!/^\d{1,9}(\.\d{1,9}){0,2}$/.test(version)) {
    throw new CniError('decodingFailure', `cniVersion "${version.slice(0, 40)}" is not a version`);
  }
  const [major = 0, minor = 0, micro = 0] = version.split('.').map(Number);
  return [major, minor, micro];
}
