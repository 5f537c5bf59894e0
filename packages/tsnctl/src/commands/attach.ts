import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import {
  attachPod,
  attachUplink,
  clamp,
  DEFAULT_HORIZON_NS,
  detachAll,
  detachPod,
  detachUplink,
  type Intent,
  interruptions,
  MetadataProxy,
  type Mode,
  type Policy,
  parseDuration,
  parsePriorities,
  parseRemap,
  preflight,
  type Step,
  type UplinkClock,
  type Via,
  whenFree,
} from '@tsnctl/proxy';
import { type Command, Option } from 'commander';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { renderInterruptions, renderSteps } from '../render/steps.ts';
import { examples } from './examples.ts';

interface ChangeOptions {
  netns?: string;
  hook?: Via;
  dryRun?: boolean;
  output: OutputFormat;
}

interface PodOptions extends ChangeOptions {
  allow?: string;
  remap?: string;
  clamp?: boolean;
  txtime?: boolean;
  horizon?: string;
  mode?: Mode;
  withoutUplink?: boolean;
}

export function addAttach(program: Command): void {
  const attach = program.command('attach').description('put the data plane on an interface, by hand');
  withHookOption(attach.command('uplink <IF>'))
    .description('restore priority and launch time at the egress of this interface')
    .addOption(
      new Option('--clock <clock>', 'in which its qdisc wants launch times (default: by its qdisc)').choices([
        'tai',
        'mono',
        'none',
      ]),
    )
    .addHelpText(
      'after',
      examples('tsnctl attach uplink eth1', 'tsnctl attach uplink eth1 --clock tai --dry-run'),
    )
    .action((name: string, options: ChangeOptions & { clock?: UplinkClock }) =>
      change(attachUplink(name, options.clock, via(options)), options),
    );
  withHookOption(attach.command('pod <IF>'))
    .description("carry what the pod behind this interface asks for; IF is the interface's host side")
    .option('--allow <priorities>', 'priorities that it may use: 3,5-6')
    .option('--remap <pairs>', 'priorities that are sent as another: 6=3,7=3')
    .option('--clamp', 'send what is not allowed as the highest priority below it that is, not as 0')
    .option('--txtime', 'it may use launch times (SO_TXTIME)')
    .option('--horizon <time>', 'how far ahead a launch time may lie: 20ms, 10s (default: 10s)')
    .addOption(
      new Option(
        '--mode <mode>',
        "where the priority is read: off its socket, or at the pod's own end (default: as it was; at first host, on kernels before 6.11 pod)",
      ).choices(['host', 'pod']),
    )
    .option('--without-uplink', 'even where no uplink is attached in this namespace')
    .addHelpText(
      'after',
      examples(
        'tsnctl attach pod veth1a2b --allow 3,5-6',
        'tsnctl attach pod veth1a2b --allow 3 --remap 6=3 --txtime',
        'tsnctl attach pod veth1a2b --allow 3 --mode pod',
      ),
    )
    .action((name: string, options: PodOptions) =>
      change(
        attachPod(name, readPolicy(options), {
          withoutUplink: options.withoutUplink === true,
          ...(options.mode && { mode: options.mode }),
          ...via(options),
        }),
        options,
      ),
    );
}

export function addDetach(program: Command): void {
  const detach = program.command('detach').description('take the data plane off an interface');
  withChangeOptions(detach.command('uplink <IF>'))
    .description('stop restoring at this interface')
    .addHelpText('after', examples('tsnctl detach uplink eth1'))
    .action((name: string, options: ChangeOptions) => change(detachUplink(name), options));
  withChangeOptions(detach.command('pod <IF>'))
    .description('stop carrying for the pod behind this interface')
    .addHelpText('after', examples('tsnctl detach pod veth1a2b'))
    .action((name: string, options: ChangeOptions) => change(detachPod(name), options));
  withChangeOptions(detach.command('all'))
    .description('take everything off all interfaces of this namespace')
    .addHelpText('after', examples('tsnctl detach all', 'tsnctl detach all --netns kind-worker'))
    .action((options: ChangeOptions) => change(detachAll(), options));
}

async function change(intent: Intent, options: ChangeOptions): Promise<void> {
  preflight();
  using netns = options.netns === undefined ? NetNs.current() : NetNs.open(options.netns);
  const proxy = new MetadataProxy(netns);
  const dryRun = options.dryRun === true;
  const steps = dryRun ? proxy.plan(intent) : await whenFree(() => proxy.change(intent, warn));
  const result = { dryRun, netns: options.netns ?? null, interrupts: interruptions(steps), steps };
  await printResult(options.output, result, (wide) => renderSteps(steps, { dryRun, wide }));
}

function warn(steps: readonly Step[]): void {
  process.stderr.write(renderInterruptions(steps));
}

function readPolicy(options: PodOptions): Policy {
  if (options.clamp && options.allow === undefined) {
    throw new TsnctlError('USAGE', '--clamp sends what is not allowed as what is, and nothing is allowed', {
      hint: '--allow 3,5-6 --clamp',
    });
  }
  const policy: Policy = {
    allow: options.allow === undefined ? [] : parsePriorities(options.allow),
    remap: options.remap === undefined ? {} : parseRemap(options.remap),
    horizonNs: readHorizon(options),
  };
  if (policy.allow.length === 0 && Object.keys(policy.remap).length === 0 && policy.horizonNs === 0n) {
    throw new TsnctlError('USAGE', 'this policy grants nothing', {
      hint: '--allow 3,5-6, or --txtime, or both',
    });
  }
  return options.clamp ? clamp(policy) : policy;
}

function readHorizon(options: PodOptions): bigint {
  if (options.horizon === undefined) return options.txtime ? DEFAULT_HORIZON_NS : 0n;
  if (!options.txtime) {
    throw new TsnctlError('USAGE', '--horizon limits launch times, which this policy does not grant', {
      hint: `--txtime --horizon ${options.horizon}`,
    });
  }
  return parseDuration(options.horizon);
}

function via({ hook }: ChangeOptions): { via?: Via } {
  return hook === undefined ? {} : { via: hook };
}

function withChangeOptions(command: Command): Command {
  return command
    .option('--netns <namespace>', 'the network namespace, by name or path (default: this one)', nameOrPath)
    .option('--dry-run', 'show the plan and change nothing')
    .addOption(outputOption());
}

export function nameOrPath(text: string): string {
  if (text.trim() !== '') return text;
  throw new TsnctlError('USAGE', '--netns is empty', {
    hint: 'a name that ip netns list shows, or a path such as /proc/PID/ns/net; without --netns: this namespace',
  });
}

function withHookOption(command: Command): Command {
  const hook = new Option(
    '--hook <hook>',
    'how all programs of the namespace are attached (default: as they are; at first tcx, on kernels before 6.6 clsact)',
  );
  return withChangeOptions(command).addOption(hook.choices(['tcx', 'clsact']));
}
