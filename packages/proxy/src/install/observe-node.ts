import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConfDir } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { readConfDir } from '../chain/read-conf-dir.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import { findBundle } from './bundle.ts';
import type { BundleFile, InstallPaths, InstallStep, ObservedNode, PathState } from './model.ts';
import { isMountPoint, lookAt } from './path-files.ts';
import { currentOf, parentsOf, UNIT } from './paths.ts';
import { RUNTIME_STATE } from './perform-install.ts';
import type { NodePlace } from './place.ts';
import { systemdRuns, unitIsActive } from './systemd.ts';
import { UNIT_MARK } from './unit.ts';

export interface ObserveOptions {
  readonly paths: InstallPaths;
  /** Further paths that count: those of the journal, those of the bundle. */
  readonly also?: readonly string[];
  /** Configuration directories of runtimes. */
  readonly chains: readonly string[];
  readonly unfinished?: readonly InstallStep[];
}

/** Look at everything that an install touches. */
export function observeNode(
  place: NodePlace,
  { paths, also = [], chains, unfinished = [] }: ObserveOptions,
): ObservedNode {
  const at = (path: string) => join(place.root, path);
  const found = Object.fromEntries(
    chains.flatMap((path) => (existsSync(at(path)) ? [[path, readConfDir(at(path))] as const] : [])),
  );
  const trees = findTrees(at(paths.programs), paths.programs);
  const named = [
    ...Object.values(paths),
    currentOf(paths),
    ...also,
    ...pathsInTrees(trees),
    ...pathsInChains(found),
  ];
  const all = new Set(named.flatMap((path) => [...parentsOf(path), path]));
  const systemd = systemdRuns(place.root);
  return {
    paths: Object.fromEntries([...all].map((path): [string, PathState] => [path, lookAt(at(path))])),
    trees,
    chains: found,
    systemd,
    unitActive: systemd && unitIsActive(UNIT),
    attachments: countAttachments(place),
    runtimeState: hasRuntimeState(join(place.runRoot ?? place.root, paths.runtime)),
    unfinished,
  };
}

/** Versions that are there, by their manifests. */
function findTrees(directory: string, programs: string): Record<string, readonly BundleFile[]> {
  const names = existsSync(directory) ? readdirSync(directory, { withFileTypes: true }) : [];
  return Object.fromEntries(
    names
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .flatMap(({ name }) => {
        const bundle = findBundle(join(directory, name));
        return bundle ? [[`${programs}/${name}`, bundle.files] as const] : [];
      }),
  );
}

function pathsInTrees(trees: Readonly<Record<string, readonly BundleFile[]>>): string[] {
  return Object.entries(trees).flatMap(([path, files]) => [
    `${path}/bin/node`,
    ...files.map((file) => `${path}/${file.path}`),
  ]);
}

function pathsInChains(chains: Readonly<Record<string, ConfDir>>): string[] {
  return Object.entries(chains).flatMap(([directory, dir]) =>
    [...dir.files.map(({ name }) => name), ...Object.keys(dir.dropIns)].map((name) => `${directory}/${name}`),
  );
}

function countAttachments({ netns, bpffs }: NodePlace): number {
  if (netns === undefined) return 0;
  using proxy = new MetadataProxy(netns, bpffs === undefined ? {} : { bpffs });
  try {
    return proxy.pins.tableIds() === undefined ? 0 : proxy.observe().attachments.length;
  } catch (cause) {
    if (!(cause instanceof TsnctlError) || cause.code !== 'FOREIGN_PIN') throw cause;
    throw new TsnctlError(cause.code, cause.message, {
      hint: 'tables of another layout go with the version that made them: its tsnctl uninstall, then tsnctl install',
      cause,
    });
  }
}

function hasRuntimeState(directory: string): boolean {
  if (!existsSync(directory)) return false;
  const names = readdirSync(directory);
  return (
    (names.length === 0 && !isMountPoint(directory)) || RUNTIME_STATE.some((name) => names.includes(name))
  );
}

/** Which of our paths hold what looks like ours, for a node whose journal is lost. */
export function recognise(place: NodePlace, paths: InstallPaths): string[] {
  const at = (path: string) => join(place.root, path);
  const text = (path: string) => {
    const stats = statSync(at(path), { throwIfNoEntry: false });
    return stats?.isFile() && stats.size < MAX_BYTES ? readFileSync(at(path), 'latin1') : '';
  };
  const link = (path: string) => {
    const state = lookAt(at(path));
    return state.kind === 'link' ? state.target : '';
  };
  const list = (path: string) => (existsSync(at(path)) ? readdirSync(at(path)) : []);
  const isOurProgram = (name: string) =>
    name === 'current' ||
    name.startsWith('.tsnctl-') ||
    findBundle(at(`${paths.programs}/${name}`)) !== undefined;
  const looks: Record<string, boolean> = {
    [paths.unit]: text(paths.unit).startsWith(UNIT_MARK),
    [paths.unitWanted]: link(paths.unitWanted).endsWith(UNIT),
    [paths.plugin]: text(paths.plugin).includes(paths.socket),
    [paths.kubectlPlugin]: link(paths.kubectlPlugin).startsWith(`${paths.programs}/`),
    [paths.command]: link(paths.command).startsWith(`${paths.programs}/`),
    [currentOf(paths)]: link(currentOf(paths)) !== '',
    [paths.programs]: list(paths.programs).every(isOurProgram),
    [dirname(paths.config)]: list(dirname(paths.config)).length === 0,
    [paths.state]: list(paths.state).length === 0 && !isMountPoint(at(paths.state)),
  };
  return Object.keys(looks).filter((path) => looks[path]);
}

const MAX_BYTES = 1 << 20;
