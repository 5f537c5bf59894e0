import { planChainInstall } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { chainSteps } from './chain-steps.ts';
import {
  type Content,
  type DesiredNode,
  type InstallPlan,
  type InstallStep,
  NONE,
  type ObservedNode,
  type PathState,
  type StepKind,
} from './model.ts';
import { sameState } from './path-state.ts';
import { currentOf, parentsOf, treeOf, UNIT } from './paths.ts';
import { sha256 } from './sha256.ts';
import { unitText } from './unit.ts';

/**
 * What is left to do until the node has this version: nothing where all is in place. The first install, an upgrade
 * and a repair are the same plan. Programs are whole before anything points to them, the plugin is there before a
 * list names it, the agent answers before the runtime asks, and the former version goes last.
 */
export function planInstall(observed: ObservedNode, desired: DesiredNode): InstallPlan {
  const { paths, bundle } = desired;
  const put = putter(observed);
  const plugin = put(
    paths.plugin,
    { kind: 'file', sha256: pluginHash(desired), mode: 0o755, ...desired.owner },
    { copyOf: `${desired.from}/${PLUGIN}` },
    'the CNI plugin',
  );
  if (desired.pluginOnly)
    return { steps: withDirectories(observed, desired, plugin), left: [], findings: [] };
  const programs = [...tree(observed, desired), ...pointers(observed, desired)];
  const unit = desired.unit ? unitFiles(observed, desired) : [];
  const changed = programs.length > 0 || unit.length > 0;
  const config = kindAt(observed, paths.config) === 'none' ? configFile(observed, desired) : [];
  const isUpgrade = Object.keys(observed.trees).some((it) => it !== treeOf(paths, bundle.version));
  const lists = chain(observed, desired);
  const steps = [
    ...programs,
    ...config,
    ...plugin,
    ...unit,
    ...agent(observed, desired, changed || config.length > 0),
    ...lists.steps,
    ...(isUpgrade && observed.attachments > 0 ? [{ do: 'renew-programs' } as const] : []),
    ...formerTrees(observed, desired),
  ];
  return { steps: withDirectories(observed, desired, steps), left: [], findings: lists.findings };
}

const PLUGIN = 'cni/tsnctl';

function tree(observed: ObservedNode, desired: DesiredNode): InstallStep[] {
  const { bundle, paths, from, owner } = desired;
  const path = treeOf(paths, bundle.version);
  if (observed.trees[path] === undefined) {
    return [{ do: 'put-tree', path, from, files: bundle.files, owner }];
  }
  const put = putter(observed);
  return bundle.files.flatMap((file) =>
    put(
      `${path}/${file.path}`,
      { kind: 'file', sha256: file.sha256, mode: file.mode, ...owner },
      { copyOf: `${from}/${file.path}` },
      'it is not as it was installed',
    ),
  );
}

/** Node beside the programs, the version that is used, and the commands. */
function pointers(observed: ObservedNode, { bundle, node, paths, owner }: DesiredNode): InstallStep[] {
  const put = putter(observed);
  const path = treeOf(paths, bundle.version);
  const brought = node === undefined || bundle.files.some((file) => file.path === 'bin/node');
  const program = `${path}/bin/node`;
  const withNode = brought
    ? []
    : 'link' in node
      ? put(program, { kind: 'link', target: node.link }, undefined, 'the Node that runs it')
      : put(
          program,
          { kind: 'file', sha256: node.sha256, mode: 0o755, ...owner },
          { copyOf: node.copyOf },
          'the Node that runs it',
        );
  return [
    ...withNode,
    ...put(
      currentOf(paths),
      { kind: 'link', target: bundle.version },
      undefined,
      'the version that is used from now on',
    ),
    ...put(
      paths.command,
      { kind: 'link', target: `${currentOf(paths)}/bin/tsnctl` },
      undefined,
      'the command',
    ),
    ...put(
      paths.kubectlPlugin,
      { kind: 'link', target: `${currentOf(paths)}/bin/kubectl-tsnctl` },
      undefined,
      'the same as a plugin of kubectl',
    ),
  ];
}

/** Whoever has a configuration keeps it. */
function configFile(observed: ObservedNode, { paths, config, owner }: DesiredNode): InstallStep[] {
  const to = { kind: 'file', sha256: sha256(config), mode: 0o600, ...owner } as const;
  return putter(observed)(paths.config, to, { text: config }, 'the configuration, with its defaults');
}

function unitFiles(observed: ObservedNode, desired: DesiredNode): InstallStep[] {
  const { paths, owner, chain } = desired;
  const put = putter(observed);
  const text = unitText({
    command: `${currentOf(paths)}/bin/tsnctl`,
    confDir: chain?.directory ?? '/etc/cni/net.d',
  });
  const files = [
    ...put(paths.unit, { kind: 'file', sha256: sha256(text), mode: 0o644, ...owner }, { text }, 'the unit'),
    ...put(paths.unitWanted, { kind: 'link', target: `../${UNIT}` }, undefined, 'started with the system'),
  ];
  const isRead = files.length === 0 && !isLeft(observed, 'reload-units');
  return isRead || !observed.systemd ? files : [...files, { do: 'reload-units' }];
}

function agent(observed: ObservedNode, desired: DesiredNode, changed: boolean): InstallStep[] {
  if (!desired.unit || !observed.systemd) return [];
  const run: InstallStep | undefined = !observed.unitActive
    ? { do: 'start-unit', unit: UNIT }
    : changed || isLeft(observed, 'restart-unit')
      ? { do: 'restart-unit', unit: UNIT }
      : undefined;
  const { readyTimeoutMs: timeoutMs, paths } = desired;
  const waits = timeoutMs > 0 && (run !== undefined || isLeft(observed, 'wait-ready'));
  const wait: InstallStep[] = waits ? [{ do: 'wait-ready', socket: paths.socket, timeoutMs }] : [];
  return run === undefined ? wait : [run, ...wait];
}

/** Files do not show it: a plan was interrupted ahead of it. */
function isLeft({ unfinished }: ObservedNode, kind: StepKind): boolean {
  return unfinished.some((step) => step.do === kind);
}

function chain(
  observed: ObservedNode,
  { chain: wanted }: DesiredNode,
): Pick<InstallPlan, 'steps' | 'findings'> {
  const dir = wanted && observed.chains[wanted.directory];
  if (!wanted || !dir) return { steps: [], findings: [] };
  const plan = planChainInstall(dir, wanted);
  const steps = chainSteps(wanted.directory, dir, plan, (path) => stateAt(observed, path));
  const left = steps.length === 0 && isLeft(observed, 'reload-chain');
  return {
    steps: left ? [{ do: 'reload-chain', directory: wanted.directory }] : steps,
    findings: plan.findings,
  };
}

function formerTrees(observed: ObservedNode, { paths, bundle }: DesiredNode): InstallStep[] {
  const used = treeOf(paths, bundle.version);
  return Object.entries(observed.trees)
    .filter(([path]) => path !== used)
    .map(([path, files]) => ({ do: 'remove-tree', path, files }));
}

/** Ahead of the first step that needs it, each directory that is not there. */
function withDirectories(
  observed: ObservedNode,
  { owner }: DesiredNode,
  steps: readonly InstallStep[],
): InstallStep[] {
  const made = new Set<string>();
  return steps.flatMap((step) => {
    if (!('path' in step)) return [step];
    const missing = parentsOf(step.path).filter(
      (path) => !made.has(path) && kindAt(observed, path) === 'none' && !isInTree(path, steps),
    );
    for (const path of missing) made.add(path);
    if (step.do === 'put' && step.to.kind === 'directory') made.add(step.path);
    return [...missing.map((path) => directory(path, owner)), step];
  });
}

/** What a tree brings along by itself. */
function isInTree(path: string, steps: readonly InstallStep[]): boolean {
  return steps.some((step) => step.do === 'put-tree' && `${path}/`.startsWith(`${step.path}/`));
}

function directory(path: string, owner: DesiredNode['owner']): InstallStep {
  // The configuration may name what others need not know.
  const mode = path === '/etc/tsnctl' ? 0o700 : 0o755;
  const to = { kind: 'directory', mode, ...owner } as const;
  return { do: 'put', path, was: NONE, to, why: 'to hold what follows' };
}

function pluginHash({ bundle }: DesiredNode): string {
  const file = bundle.files.find(({ path }) => path === PLUGIN);
  if (file) return file.sha256;
  throw new TsnctlError('BAD_BUNDLE', `the bundle has no ${PLUGIN}`, { hint: 'npm run build makes it' });
}

/** One step that makes a path what it shall be, or none. @throws TsnctlError IN_THE_WAY */
function putter(observed: ObservedNode) {
  return (path: string, to: PathState, content: Content | undefined, why: string): InstallStep[] => {
    const was = stateAt(observed, path);
    if (sameState(was, to)) return [];
    if (was.kind === 'directory' || was.kind === 'other') {
      throw new TsnctlError(
        'IN_THE_WAY',
        `${path} is ${was.kind === 'directory' ? 'a directory' : 'no file'}`,
        { hint: `look what it is, and move it away: ls -ld ${path}` },
      );
    }
    return [{ do: 'put', path, was, to, ...(content && { content }), why }];
  };
}

function stateAt({ paths }: ObservedNode, path: string): PathState {
  return paths[path] ?? NONE;
}

function kindAt(observed: ObservedNode, path: string): PathState['kind'] {
  return stateAt(observed, path).kind;
}
