import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEFAULT_DIRS, DISTRIBUTIONS, type RuntimeName } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { findRuntime, readAgent, requireRoot } from '@tsnctl/proxy';
import {
  checkNode,
  currentOf,
  type DesiredNode,
  defaultConfigText,
  desiredNode,
  type InstallPaths,
  type InstallPlan,
  installedVersion,
  installPaths,
  NodeInstall,
  systemdRuns,
  UNIT,
  unitIsActive,
} from '@tsnctl/proxy/install';
import { type Command, Option } from 'commander';
import { type Exit, exitCodeOf, reportError } from '../exit.ts';
import { renderInstallPlan } from '../render/install.ts';
import { type OutputFormat, outputOption, prepareOutput, printResult } from '../render/output.ts';
import { isForCluster, type OptionsOfWays } from './cluster/options.ts';
import { examples } from './examples.ts';
import { type ClusterInstallFlags, installCluster, uninstallCluster } from './install-cluster.ts';
import { withKubeTarget } from './kube-target.ts';
import { type PlaceOptions, parseWait, placeOf, withPlaceOptions } from './node-place.ts';
import { ownBundle } from './own-bundle.ts';
import { readInput } from './read-input.ts';

interface ChangeOptions extends PlaceOptions, Omit<ClusterInstallFlags, 'output'> {
  dryRun?: boolean;
  output: OutputFormat;
}

interface InstallOptions extends ChangeOptions {
  bundle?: string;
  node?: string;
  config?: string;
  chain?: 'auto' | 'never';
  confDir?: string;
  binDir?: string;
  runtime?: RuntimeName;
  unit: boolean;
  wait: number;
}

type Finish = (code: Exit) => void;

const INSTALL: OptionsOfWays = {
  cluster: ['kubeconfig', 'context', 'image'],
  both: ['cluster', 'output', 'dryRun', 'config', 'confDir', 'binDir', 'wait'],
};
/** Whoever names a cluster and forgets `--cluster` does not mean this node. */
const UNINSTALL: OptionsOfWays = {
  cluster: ['kubeconfig', 'context', 'wait'],
  both: ['cluster', 'output', 'dryRun'],
};

export function addInstall(program: Command, finish: Finish): void {
  withInstallOptions(program.command('install'))
    .description('put tsnctl on this node: programs, plugin, unit, its place in the chain')
    .option('--config <file>', 'the configuration for a node that has none')
    .addOption(
      new Option('--chain <how>', "our place in the runtime's chain (default: auto)").choices([
        'auto',
        'never',
      ]),
    )
    .addHelpText(
      'after',
      examples(
        'tsnctl install --dry-run',
        'tsnctl install --config node.yaml',
        'tsnctl install --chain never',
        'tsnctl install --root /srv/image --node /usr/bin/node',
        'tsnctl install --cluster --dry-run',
        'tsnctl install --cluster --wait 2m',
      ),
    )
    .option('--image <name>', "the agent's image, with --cluster (default: the one of this version)")
    .action(async (options: InstallOptions, command: Command) => {
      if (!isForCluster(command, INSTALL)) return await install('install', options, finish);
      const isAsked = command.getOptionValueSource('wait') === 'cli';
      await installCluster(options, isAsked ? options.wait : undefined);
    });
}

export function addUpgrade(program: Command, finish: Finish): void {
  withInstallOptions(program.command('upgrade'))
    .description('put this version in the place of the one that is installed, while traffic passes')
    .addHelpText('after', examples('tsnctl upgrade --dry-run', 'tsnctl upgrade --bundle ./bundle'))
    .action(async (options: InstallOptions, command: Command) => {
      if (!isForCluster(command, INSTALL)) return await install('upgrade', options, finish);
      throw new TsnctlError('USAGE', 'upgrade is about this node', {
        hint: 'tsnctl install --cluster: it changes what is other than this version has it',
      });
    });
}

export function addUninstall(program: Command): void {
  withChangeOptions(program.command('uninstall'))
    .description('take everything off this node again, byte for byte')
    .option('--conf-dir <directory>', "a runtime's network configurations, besides those that are known")
    .addOption(
      new Option(
        '--wait <time>',
        'with --cluster, how long the agents may take to clean their nodes (default: 2m)',
      ).argParser(parseWait),
    )
    .addHelpText(
      'after',
      examples('tsnctl uninstall --dry-run', 'tsnctl uninstall', 'tsnctl uninstall --cluster'),
    )
    .action(async (options: UninstallOptions, command: Command) => {
      if (isForCluster(command, UNINSTALL)) await uninstallCluster(options, options.wait);
      else await uninstall(options);
    });
}

async function install(verb: 'install' | 'upgrade', options: InstallOptions, finish: Finish): Promise<void> {
  using place = placeOf(options);
  const desired = desiredNode({
    root: options.root,
    bundle: resolve(options.bundle ?? ownBundle()),
    config: configOf(options),
    readyTimeoutMs: options.wait,
    unit: options.unit,
    ...(options.node !== undefined && { node: options.node }),
    ...(options.confDir !== undefined && { confDir: options.confDir }),
    ...(options.binDir !== undefined && { binDir: options.binDir }),
    ...(options.runtime !== undefined && { runtime: options.runtime }),
  });
  const node = new NodeInstall({ place, paths: desired.paths, chains: [] });
  requireVerb(verb, options.root, desired);
  const refusals = checkNode(place, desired);
  for (const refusal of refusals) reportError(refusal);
  if (refusals.length > 0) finish(exitCodeOf(refusals[0]));
  const dryRun = options.dryRun === true;
  if (refusals.length > 0 && !dryRun) return;
  const plan = dryRun ? node.planInstall(desired) : await node.install(verb, desired);
  await show(plan, { ...options, dryRun, version: desired.bundle.version });
  if (!dryRun) process.stderr.write(nextSteps(options.root, desired));
}

interface UninstallOptions extends ChangeOptions {
  wait?: number;
}

async function uninstall(options: UninstallOptions): Promise<void> {
  using place = placeOf(options);
  const chains = [
    ...DISTRIBUTIONS.map(({ confDir }) => confDir),
    ...(options.confDir === undefined ? [] : [options.confDir]),
    DEFAULT_DIRS.confDir,
  ];
  const node = new NodeInstall({ place, paths: pathsOf(options.root), chains: [...new Set(chains)] });
  const dryRun = options.dryRun === true;
  if (!dryRun && place.netns) requireRoot();
  await requireNoAgent(options.root);
  await prepareOutput(options.output); // what runs may be what goes
  const lost = node.readJournal() === undefined;
  const plan = dryRun ? node.planUninstall() : await node.uninstall();
  if (lost && plan.steps.length > 0) {
    process.stderr.write(
      'there is no journal: this goes by what is found; what was there before is not known\n',
    );
  }
  await show(plan, { ...options, dryRun, version: null });
}

/** Where this node's runtime has its plugins; where it cannot be told, the usual place. */
function pathsOf(root: string): InstallPaths {
  try {
    return installPaths(findRuntime({ root }).binDirs[0]);
  } catch {
    return installPaths();
  }
}

/** One that somebody has started by hand would put back what is taken away. */
async function requireNoAgent(root: string): Promise<void> {
  const { socket } = installPaths();
  const fact = await readAgent(join(root, socket));
  if (!('seen' in fact) || fact.seen !== 'answers' || (systemdRuns(root) && unitIsActive(UNIT))) return;
  throw new TsnctlError(
    'AGENT_RUNS',
    `an agent listens on ${join(root, socket)}, which systemd has not started`,
    {
      hint: `stop it first: fuser -v ${join(root, socket)} shows it; what is attached stays attached meanwhile`,
    },
  );
}

async function show(
  plan: InstallPlan,
  { dryRun, output, version }: { dryRun: boolean; output: OutputFormat; version: string | null },
): Promise<void> {
  await printResult(output, { dryRun, version, ...plan }, (wide) =>
    renderInstallPlan(plan, { dryRun, wide }),
  );
}

function configOf({ config, chain, root, netns, bpffs }: InstallOptions): { text: string; file: string } {
  const { config: path } = installPaths();
  const present = existsSync(join(root, path));
  if (chain !== undefined && (config !== undefined || present)) {
    throw new TsnctlError(
      'USAGE',
      `--chain is for a node without a configuration; ${config ?? path} says it here`,
      { hint: `chain: ${chain} in ${config ?? path}` },
    );
  }
  if (config !== undefined && present) {
    throw new TsnctlError('USAGE', `this node has a configuration, ${path}: it stays`, {
      hint: `without --config; or change ${path}: the agent takes it up by itself`,
    });
  }
  if (config !== undefined) return { text: readInput(config), file: config };
  const text = defaultConfigText({
    chain: chain ?? 'auto',
    ...(netns !== undefined && { netns }),
    ...(bpffs !== undefined && { bpffs }),
  });
  return { text, file: 'the default' };
}

/** An upgrade is of something else than what is there; an install is of nothing, or of the same once more. */
function requireVerb(verb: 'install' | 'upgrade', root: string, { bundle, paths }: DesiredNode): void {
  const found = installedVersion(root, paths);
  if (verb === 'upgrade' && found === undefined) {
    throw new TsnctlError('NOT_INSTALLED', 'tsnctl is not installed on this node', {
      hint: 'tsnctl install',
    });
  }
  if (verb === 'install' && found !== undefined && found !== bundle.version) {
    throw new TsnctlError('INSTALLED', `tsnctl ${found} is installed, and this is ${bundle.version}`, {
      hint: 'tsnctl upgrade',
    });
  }
}

/** What is left to do by hand. */
function nextSteps(root: string, { paths, unit }: DesiredNode): string {
  if (systemdRuns(root) && unit) return 'next: tsnctl status --wait\n';
  const command = `${currentOf(paths)}/bin/tsnctl agent`;
  if (root !== '/') return `next: the agent starts with the node that ${root} becomes: ${command}\n`;
  return `next: systemd does not run here, so start the agent yourself, and again after each upgrade: ${command}\n`;
}

function withInstallOptions(command: Command): Command {
  return withChangeOptions(command)
    .option('--bundle <directory>', 'what is installed (default: what this command is part of)')
    .option('--node <path>', 'the Node that runs it, on the node; at least 24 (default: this one, copied)')
    .option('--conf-dir <directory>', "the runtime's network configurations (default: as it says itself)")
    .option('--bin-dir <directory>', 'where the runtime looks for plugins (default: as it says itself)')
    .addOption(new Option('--runtime <name>', 'if the node has several').choices(['containerd', 'cri-o']))
    .option('--no-unit', 'no unit for systemd')
    .addOption(
      new Option('--wait <time>', 'how long to wait until the agent is ready: 30s; 0s: not at all')
        .default(30_000, '30s')
        .argParser(parseWait),
    );
}

function withChangeOptions(command: Command): Command {
  return withKubeTarget(withPlaceOptions(command))
    .option('--cluster', 'the agents of a cluster, instead of this node')
    .option('--dry-run', 'show the plan and change nothing')
    .addOption(outputOption());
}
