import { planChainRemove } from '@tsnctl/cni';
import { chainSteps } from './chain-steps.ts';
import { historyOf } from './history.ts';
import type { Journal } from './journal.ts';
import {
  type InstallPaths,
  type InstallPlan,
  type InstallStep,
  type LeftAlone,
  NONE,
  type ObservedNode,
  type PathState,
  type StepOf,
} from './model.ts';
import { sameState } from './path-state.ts';
import { currentOf, UNIT } from './paths.ts';

export interface UninstallOptions {
  readonly paths: InstallPaths;
  /** Nothing where it was lost: then what is found counts. */
  readonly journal?: Journal;
  /** Files that are ours by their looks. */
  readonly recognised: readonly string[];
  readonly boot: string;
}

/**
 * The way back to the node as it was: the agent stops, the runtime's lists forget the plugin, the programs are
 * detached, and only then the plugin and all else goes. What somebody else has changed meanwhile is left and named.
 */
export function planUninstall(observed: ObservedNode, options: UninstallOptions): InstallPlan {
  const { paths, journal } = options;
  const left: LeftAlone[] = [];
  const files = journal ? fromJournal(observed, journal, options, left) : asFound(observed, options, left);
  const lists = chains(observed, journal);
  const unitGoes = files.some((step) => [paths.unit, paths.unitWanted].includes(step.path));
  const notOurs =
    observed.attachments === 0 ? undefined : whyNotOurs(options, files.length + lists.length > 0);
  if (notOurs !== undefined) left.push({ path: 'the data plane', why: notOurs });
  const hasJournal = kindAt(observed, paths.journal) !== 'none' || exists(observed, options, paths.state);
  const steps: InstallStep[] = [
    ...(observed.systemd && observed.unitActive && unitGoes
      ? [{ do: 'stop-unit', unit: UNIT } as const]
      : []),
    ...lists,
    ...unreadChains(observed, lists),
    ...(observed.attachments > 0 && notOurs === undefined ? [{ do: 'detach-all' } as const] : []),
    ...files.filter(({ path }) => !lists.some((step) => 'path' in step && step.path === path)),
    ...(observed.runtimeState ? [{ do: 'remove-runtime-state', directory: paths.runtime } as const] : []),
    ...(hasJournal ? [{ do: 'remove-journal', directory: paths.journal } as const] : []),
  ];
  const lastUnit = steps.findLastIndex(
    (it) => 'path' in it && [paths.unit, paths.unitWanted].includes(it.path),
  );
  const isRead = lastUnit === -1 && !observed.unfinished.some((step) => step.do === 'reload-units');
  if (!isRead && observed.systemd) steps.splice(lastUnit + 1, 0, { do: 'reload-units' });
  const findings = Object.values(observed.chains).flatMap((dir) => planChainRemove(dir).findings);
  return { steps, left, findings };
}

/** Programs that stay attached, and why: `tsnctl attach` was there without an install. */
function whyNotOurs({ journal, boot }: UninstallOptions, isInstalled: boolean): string | undefined {
  const hint = 'tsnctl detach all takes its programs off';
  const before = journal?.plans.find((plan) => plan.boot === boot)?.attachments ?? 0;
  if (before > 0) return `it was attached before the install; ${hint}`;
  return journal || isInstalled ? undefined : `nothing of an install is found besides; ${hint}`;
}

type FileStep = StepOf<'put'> | StepOf<'remove-tree'>;

/** The journal, inverted: what was touched last comes first. */
function fromJournal(
  observed: ObservedNode,
  { plans }: Journal,
  { paths, recognised }: UninstallOptions,
  left: LeftAlone[],
): FileStep[] {
  const history = historyOf(plans);
  const trees = { ...history.trees, ...observed.trees };
  const forgotten = Object.keys(observed.trees).filter((path) => !history.paths.includes(path));
  return [...forgotten, ...history.paths.toReversed()].flatMap((path): FileStep[] => {
    const now = observed.paths[path] ?? NONE;
    const files = trees[path];
    if (files) return now.kind === 'none' ? [] : [{ do: 'remove-tree', path, files }];
    if (isOf(path, observed.chains) && now.kind !== 'directory') return []; // see chains()
    if (Object.keys(trees).some((tree) => path.startsWith(`${tree}/`))) return [];
    // Its first line says whose the unit is, also where somebody has edited it.
    const isOurs = path === paths.unit && recognised.includes(path);
    const to = isOurs ? history.first(path) : history.original(path, now);
    if (to === undefined) left.push({ path, why: 'somebody else has changed it since' });
    return to === undefined || sameState(to, now) ? [] : [restore(path, now, to, 'as it was before')];
  });
}

/** Without a journal: what looks like ours goes, and what was there before us is not known. */
function asFound(
  observed: ObservedNode,
  { paths, recognised }: UninstallOptions,
  left: LeftAlone[],
): FileStep[] {
  const gone = [
    ...[paths.unitWanted, paths.unit, paths.plugin],
    ...[paths.kubectlPlugin, paths.command, currentOf(paths)],
  ]
    .filter((path) => exists(observed, { recognised }, path))
    .map((path) => restore(path, observed.paths[path] ?? NONE, NONE, 'it looks like ours'));
  const config = kindAt(observed, paths.config);
  if (config === 'file') left.push({ path: paths.config, why: 'without the journal it may be yours' });
  const trees = Object.entries(observed.trees).map(
    ([path, files]): FileStep => ({ do: 'remove-tree', path, files }),
  );
  const folders = [paths.programs, parentOf(paths.config)]
    .filter((path) => exists(observed, { recognised }, path))
    .map((path) => restore(path, observed.paths[path] ?? NONE, NONE, 'it is ours by its name'));
  return [...gone, ...trees, ...folders];
}

/** A list that is as we left it becomes what it was; out of any other our entry is taken. */
function chains(observed: ObservedNode, journal: Journal | undefined): InstallStep[] {
  const history = historyOf(journal?.plans ?? []);
  return Object.entries(observed.chains).flatMap(([directory, dir]) => {
    const steps = chainSteps(directory, dir, planChainRemove(dir), (path) => observed.paths[path] ?? NONE);
    return steps.map((step) => {
      if (step.do !== 'put') return step;
      const to = history.original(step.path, step.was);
      if (to === undefined || to.kind !== 'file' || sameState(to, step.was)) return step;
      return restore(step.path, step.was, to, step.why);
    });
  });
}

/** What a runtime has read of a directory that was changed already: a plan was interrupted ahead of it. */
function unreadChains({ unfinished, chains }: ObservedNode, lists: readonly InstallStep[]): InstallStep[] {
  return unfinished.filter(
    (step) =>
      step.do === 'reload-chain' &&
      chains[step.directory] !== undefined &&
      !lists.some((other) => other.do === 'reload-chain' && other.directory === step.directory),
  );
}

function restore(path: string, was: PathState, to: PathState, why: string): StepOf<'put'> {
  return { do: 'put', path, was, to, ...(to.kind === 'file' && { content: { kept: to.sha256 } }), why };
}

/** It is there, and looks like ours. */
function exists(observed: ObservedNode, { recognised }: Pick<UninstallOptions, 'recognised'>, path: string) {
  return kindAt(observed, path) !== 'none' && recognised.includes(path);
}

function isOf(path: string, directories: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(directories).some((directory) => path.startsWith(`${directory}/`));
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function kindAt({ paths }: ObservedNode, path: string): PathState['kind'] {
  return (paths[path] ?? NONE).kind;
}
