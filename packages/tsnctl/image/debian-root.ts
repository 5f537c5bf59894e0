import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderAptSources } from '../../testkit/src/vm/apt-sources.ts';
import { debianSources } from '../../testkit/src/vm/debian-sources.ts';
import { run } from './run.ts';
import { type Architecture, LEFT_OUT, PACKAGES, SUITE, TAKEN_ALL_THE_SAME } from './settings.ts';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
}

/** Where scanners of images look for packages when there is no dpkg: a file for each. */
const STATUS = 'var/lib/dpkg/status.d';
/** mmdebstrap's hook: the packages lie there until it cleans up. */
const KEEP_STATUS = `set -e
mkdir -p "$1/${STATUS}"
for deb in "$1"/var/cache/apt/archives/*.deb; do
	dpkg-deb --field "$deb" > "$1/${STATUS}/$(dpkg-deb --field "$deb" Package)"
done`;

/**
 * Unpack Debian's packages into a new directory `root`, which holds the libraries, their licences and the packages'
 * descriptions; what is in it. No script of a package runs, so it does not matter for which architecture they are.
 */
export function debianRoot(root: string, arch: Architecture): DebianPackage[] {
  run('mmdebstrap', [
    '--mode=root',
    '--variant=extract',
    '--format=directory',
    '--skip=output/dev',
    `--architectures=${arch}`,
    `--include=${PACKAGES.join(',')}`,
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...TAKEN_ALL_THE_SAME.map((path) => `--dpkgopt=path-include=${path}`),
    `--extract-hook=${KEEP_STATUS}`,
    SUITE,
    root,
    ...sources(`${root}.sources`),
  ]);
  return readdirSync(join(root, STATUS))
    .sort()
    .map((name) => {
      const text = readFileSync(join(root, STATUS, name), 'utf8');
      return { name, version: /^Version: (.*)$/m.exec(text)?.[1] ?? '' };
    });
}

/** The archives that this machine takes Debian from; mmdebstrap's own choice where there are none. */
function sources(file: string): string[] {
  const known = debianSources([SUITE, `${SUITE}-security`]);
  if (known.length === 0) return [];
  writeFileSync(file, renderAptSources(known));
  return [file];
}
