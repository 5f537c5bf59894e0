import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AptSource, renderAptSources } from './apt-sources.ts';
import { cacheDirectory } from './cache.ts';
import { codename, debianSources } from './debian-sources.ts';
import { runProgram } from './run-program.ts';
import { VmError } from './vm-error.ts';

/** A package in one version. */
export interface Package {
  readonly name: string;
  readonly version: string;
}

/** Apt with a state of its own: other suites than the system's, and the system's own lists stay as they are. */
export interface Apt {
  /** Fetch the lists anew. */
  update(): void;
  /** The newest version of a package with all that it needs in exactly its own version; itself comes first. */
  resolve(name: string): Package[];
  /** Fetch into a directory; apt compares with the signed lists. */
  download(packages: readonly Package[], directory: string): void;
}

export function aptFor(suites: readonly string[]): Apt {
  const directory = cacheDirectory('apt', suites.join('+'));
  for (const each of ['lists/partial', 'archives/partial', 'empty'])
    mkdirSync(join(directory, each), { recursive: true });
  writeFileSync(join(directory, 'debian.sources'), renderAptSources(sourcesOf(suites)));
  const options = privateState(directory);
  const show = (name: string) => {
    try {
      return runProgram('apt-cache', [...options, 'show', '--no-all-versions', name]);
    } catch (error) {
      if (error instanceof VmError && error.message.includes('No packages found')) return '';
      throw error;
    }
  };
  return {
    update() {
      runProgram('apt-get', [...options, '-o', 'APT::Update::Error-Mode=any', 'update']);
    },
    resolve(name) {
      return closure(name, show);
    },
    download(packages, target) {
      const names = packages.map((each) => `${each.name}=${each.version}`);
      runProgram('apt-get', [...options, 'download', ...names], { cwd: target });
    },
  };
}

/** Exported for its test: `show` answers like `apt-cache show`. */
export function closure(name: string, show: (name: string) => string): Package[] {
  const found = new Map<string, Package>();
  const add = (each: string) => {
    if (found.has(each)) return;
    const stanza = show(each);
    const version = field(stanza, 'Version');
    if (version === undefined) {
      throw new VmError(`apt knows no package ${each}`, {
        hint: 'another kernel: npm run test:vm -- --list',
      });
    }
    found.set(each, { name: each, version });
    const needs = (field(stanza, 'Depends') ?? '').split(',').map((need) => need.trim());
    for (const need of needs) if (need.endsWith(` (= ${version})`)) add(need.split(' ')[0] ?? '');
  };
  add(name);
  return [...found.values()];
}

function field(stanza: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
}

function sourcesOf(suites: readonly string[]): AptSource[] {
  const sources = debianSources(suites);
  if (sources.length > 0) return sources;
  throw new VmError(`no apt source here serves Debian's archive, so there is no ${suites[0]} either`, {
    hint: `a source for the suite ${codename() || 'of a Debian release'} with the component main in /etc/apt`,
  });
}

function privateState(directory: string): string[] {
  const empty = join(directory, 'empty');
  const settings = {
    'APT::Architecture': 'amd64',
    'APT::Architectures': 'amd64',
    // The sandbox user cannot write below a home directory.
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'Acquire::Retries': '2',
    'Dir::Cache': directory,
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': empty,
    'Dir::Etc::SourceList': join(directory, 'debian.sources'),
    'Dir::Etc::SourceParts': empty,
    'Dir::State::Lists': join(directory, 'lists'),
    'Dir::State::Status': '/dev/null',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
