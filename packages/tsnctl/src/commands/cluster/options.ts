import { TsnctlError } from '@tsnctl/codec';
import type { Command } from 'commander';
import { type KubeFlags, withKubeTarget } from '../kube-target.ts';

export interface ClusterOptions extends KubeFlags {
  cluster?: boolean;
  namespace?: string;
  selector?: string;
  node?: string;
}

/** Options by their name in the parsed options; all others are about this node. */
export interface OptionsOfWays {
  /** For `--cluster`. */
  readonly cluster: readonly string[];
  /** Those that mean the same here and there. */
  readonly both: readonly string[];
}

/** Of what looks. */
const LOOKING: OptionsOfWays = {
  cluster: ['namespace', 'selector', 'node', 'kubeconfig', 'context'],
  both: ['cluster', 'output', 'only', 'file', 'wait'],
};

/** Adds `--cluster` and what says which cluster; which nodes of it, and which pods, where that is to be chosen. */
export function withClusterOptions(command: Command, { nodes = true, pods = true } = {}): Command {
  withKubeTarget(command.option('--cluster', 'all nodes of a cluster, side by side, as their agents tell'));
  if (nodes) {
    command
      .option('-l, --selector <labels>', 'with --cluster: nodes with these labels: zone=line1,tsn')
      .option('--node <name>', 'with --cluster: this node alone');
  }
  return pods
    ? command.option('-n, --namespace <name>', 'with --cluster: pods of this namespace alone')
    : command;
}

/** An action on this node, or with `--cluster` one on all of a cluster. */
export function hereOrInCluster<Options extends ClusterOptions>(
  here: (options: Options) => Promise<void>,
  inCluster: (options: Options) => Promise<void>,
): (options: Options, command: Command) => Promise<void> {
  return (options, command) => (isForCluster(command) ? inCluster(options) : here(options));
}

/** Whether the command is about a cluster; options of the other way are refused. @throws TsnctlError USAGE */
export function isForCluster(command: Command, { cluster, both }: OptionsOfWays = LOOKING): boolean {
  const { cluster: isCluster = false } = command.optsWithGlobals<ClusterOptions>();
  const wrong = givenTo(command).find(({ name }) =>
    isCluster ? ![...cluster, ...both].includes(name) : cluster.includes(name),
  );
  if (!wrong) return isCluster;
  const { flag } = wrong;
  if (isCluster) {
    throw usage(
      `${flag} is about this node, --cluster is about all of a cluster`,
      `without ${flag}; or without --cluster, on the node itself`,
    );
  }
  throw usage(`${flag} is for --cluster`, `${nameOf(command)} --cluster ${flag} ...`);
}

/** For what shows a part of this node. @throws TsnctlError USAGE */
export function refuseCluster(command: Command): void {
  if (!isForCluster(command)) return;
  const whole = command.parent ? nameOf(command.parent) : '';
  throw usage(
    `${nameOf(command)} is about this node alone`,
    `${whole} --cluster, with --node NAME or -n NAMESPACE`,
  );
}

/** What was written on the command line, also before the name of a command below. */
function givenTo(command: Command): { name: string; flag: string }[] {
  const own = command.options
    .map((option) => ({ name: option.attributeName(), flag: option.long ?? option.flags }))
    .filter(({ name }) => command.getOptionValueSource(name) === 'cli');
  return command.parent ? [...own, ...givenTo(command.parent)] : own;
}

function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

function usage(message: string, hint: string): TsnctlError {
  return new TsnctlError('USAGE', message, { hint });
}
