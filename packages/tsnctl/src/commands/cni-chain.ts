import {
  type JsonObject,
  type OnAgentDown,
  ourConfig,
  planChainInstall,
  planChainRemove,
  type RuntimeTraits,
} from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import {
  type ChainPlanner,
  changeChain,
  lookAtChain,
  parseDuration,
  parsePriorities,
  Records,
  readConfDir,
  readsDropIns,
  viewChain,
} from '@tsnctl/proxy';
import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import { renderChainPlan, renderChainView } from '../render/cni.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { examples } from './examples.ts';
import {
  describeDirectory,
  type RuntimeOptions,
  type RuntimePlace,
  runtimePlace,
  withDirectory,
  withHost,
  withRuntime,
} from './runtime.ts';

export interface EntryOptions {
  grant?: string;
  grantTxtime?: boolean;
  grantHorizon?: string;
  onAgentDown?: OnAgentDown;
}

interface ChangeOptions extends RuntimeOptions, EntryOptions {
  socket?: string;
  dryRun?: boolean;
  output: OutputFormat;
}

export function addChainCommands(cni: Command, finish: (code: Exit) => void): void {
  withRuntime(cni.command('show'))
    .description('what the runtime picks, our place in it, what is amiss, and the pods that are recorded')
    .option('--state <directory>', "the agent's records (default: /run/tsnctl/attachments)")
    .addOption(outputOption())
    .addHelpText(
      'after',
      examples('tsnctl cni show', 'tsnctl cni show --conf-dir /var/lib/rancher/k3s/agent/etc/cni/net.d'),
    )
    .action(async (options: ChangeOptions & { state?: string }) => {
      const { confDir, saidBy, traits } = runtimePlace(options);
      const dir = readConfDir(confDir);
      const dropIns = traits.dropIns || readsDropIns(dir);
      const { list, ...view } = viewChain(dir, { ...traits, dropIns });
      const plugins = list?.plugins.map(({ raw }) => raw) ?? [];
      const attachments = new Records(options.state).list();
      const result = { confDir, saidBy, network: list?.name ?? null, ...view, plugins, attachments };
      await printResult(options.output, result, (wide) => renderChainView(result, wide));
      if (view.findings.some(({ severity }) => severity === 'error')) finish(Exit.drift);
    });
  withEntry(withRuntime(cni.command('install')))
    .description("put our plugin at the end of the runtime's chain")
    .option('--socket <path>', 'where the agent listens (default: /run/tsnctl/agent.sock)')
    .option('--dry-run', 'show the plan and change nothing')
    .addOption(outputOption())
    .addHelpText(
      'after',
      examples(
        'tsnctl cni install --grant 1-6 --dry-run',
        'tsnctl cni install --grant 3,5-6 --grant-txtime --conf-dir /etc/cni/net.d',
      ),
    )
    .action(async (options: ChangeOptions) => {
      const entry = entryOf(options); // refuses a wrong grant before anything is looked at
      const place = runtimePlace(options);
      const plan = await change(options, place, installPlanner(place.traits, entry));
      const [finding] = plan.findings;
      if (plan.target) return;
      throw new TsnctlError('NO_NETWORK', finding?.message ?? 'there is nothing to chain', {
        ...(finding?.hint !== undefined && { hint: finding.hint }),
      });
    });
  withHost(withDirectory(cni.command('remove')))
    .description('take our plugin out of every file; the binary is to go after that')
    .option('--dry-run', 'show the plan and change nothing')
    .addOption(outputOption())
    .addHelpText(
      'after',
      examples('tsnctl cni remove --dry-run', 'tsnctl cni remove --conf-dir /etc/cni/net.d'),
    )
    .action(
      async (options: ChangeOptions) =>
        void (await change(options, runtimePlace(options), (dir) => planChainRemove(dir, { emptied: true }))),
    );
}

export function installPlanner(runtime: RuntimeTraits, entry: JsonObject): ChainPlanner {
  return (dir) => planChainInstall(dir, { runtime, entry });
}

export function withEntry(command: Command): Command {
  return command
    .option('--grant <priorities>', 'what pods of this network may ask for: 1-6 (default: nothing)')
    .option('--grant-txtime', 'they may ask for launch times')
    .option('--grant-horizon <time>', 'how far ahead these may lie: 20ms, 10s (default: 10s)')
    .addOption(
      new Option('--on-agent-down <what>', 'what the plugin does while the agent is away').choices([
        'auto',
        'error',
        'pass',
      ]),
    );
}

/** Our entry, checked: what is wrong here would keep pods from starting. */
export function entryOf({
  grant,
  grantTxtime,
  grantHorizon,
  onAgentDown,
  socket,
}: EntryOptions & { socket?: string }): JsonObject {
  if (grant !== undefined) parsePriorities(grant);
  if (grantHorizon !== undefined) parseDuration(grantHorizon);
  if (grantHorizon !== undefined && !grantTxtime) {
    throw new TsnctlError('USAGE', '--grant-horizon limits launch times, which are not granted', {
      hint: `--grant-txtime --grant-horizon ${grantHorizon}`,
    });
  }
  const granted = {
    ...(grant !== undefined && { priorities: grant }),
    ...(grantTxtime && { txtime: true }),
    ...(grantHorizon !== undefined && { horizon: grantHorizon }),
  };
  return ourConfig({
    ...(Object.keys(granted).length > 0 && { grant: granted }),
    ...(onAgentDown !== undefined && { onAgentDown }),
    ...(socket !== undefined && { socket }),
  });
}

async function change(
  { dryRun = false, output }: ChangeOptions,
  { confDir, saidBy }: RuntimePlace,
  planner: ChainPlanner,
) {
  const plan = dryRun ? lookAtChain(confDir, planner) : changeChain(confDir, planner);
  const { target = null, steps, findings } = plan;
  const shown = steps.map((step) => ('bytes' in step ? { ...step, bytes: textOf(step.bytes) } : step));
  const told = shown.map((step) =>
    'previous' in step ? { ...step, previous: textOf(step.previous) } : step,
  );
  const result = { confDir, saidBy, dryRun, target, steps: told, findings };
  const where = describeDirectory({ confDir, saidBy });
  await printResult(output, result, (wide) => renderChainPlan(plan, { where, dryRun, wide }));
  return plan;
}

function textOf(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : new TextDecoder().decode(bytes);
}
