import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AptSource, parseAptSources, sourcesFor } from './apt-sources.ts';

/** Where these suites come from on this machine, by its own apt sources; none where it has none of Debian's. */
export function debianSources(suites: readonly string[]): AptSource[] {
  return sourcesFor(suites, systemSources(), codename());
}

/** The name of this system's release, `bookworm` say; empty without one. */
export function codename(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^VERSION_CODENAME=(.*)$/m.exec(release)?.[1] ?? '';
}

function systemSources(): AptSource[] {
  const parts = '/etc/apt/sources.list.d';
  const files = existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [];
  return ['/etc/apt/sources.list', ...files]
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .flatMap((file) => parseAptSources(file, readFileSync(file, 'utf8')));
}
