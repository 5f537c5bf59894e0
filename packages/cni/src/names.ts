import { CniError } from './error.ts';

// Spec, section 1 "name" and section 2 "CNI_CONTAINERID"; libcni pkg/utils has the same expression.
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const MAX_IFNAME_BYTES = 15; // IFNAMSIZ - 1 in linux/if.h

/** @throws CniError 4 */
export function checkContainerId(id: string): string {
  if (NAME.test(id)) return id;
  throw new CniError('invalidEnvironment', 'CNI_CONTAINERID has characters that no container id may have', {
    details: show(id),
  });
}

/** The kernel's rules, net/core/dev.c dev_valid_name(). @throws CniError 4 */
export function checkIfname(name: string): string {
  const refused = whyNoIfname(name);
  if (refused === undefined) return name;
  throw new CniError('invalidEnvironment', `CNI_IFNAME ${refused}`, { details: show(name) });
}

/** @throws CniError 7 */
export function checkNetworkName(name: string): string {
  if (name === '') throw new CniError('invalidNetworkConfig', 'the network config has no name');
  if (NAME.test(name)) return name;
  throw new CniError(
    'invalidNetworkConfig',
    "the network config's name has characters that no network name may have",
    { details: show(name) },
  );
}

export function isNetworkName(name: string): boolean {
  return NAME.test(name);
}

function whyNoIfname(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (new TextEncoder().encode(name).length > MAX_IFNAME_BYTES)
    return `is longer than ${MAX_IFNAME_BYTES} bytes`;
  if (name === '.' || name === '..') return 'is . or ..';
  return /[/:\s]/.test(name) ? 'has a slash, a colon or white space' : undefined;
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
