import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import type { NodeObservations, NodeSnapshot, ObserveNodeOptions } from '@tsnctl/proxy';
import type { Command } from 'commander';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import type { RenderOptions } from '../render/inspect/sections.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { settled } from '../settled.ts';
import { nameOrPath } from './attach.ts';
import {
  type ClusterOptions,
  hereOrInCluster,
  refuseCluster,
  withClusterOptions,
} from './cluster/options.ts';
import { examples } from './examples.ts';

interface Options extends ClusterOptions {
  netns?: string;
  state?: string;
  bpffs?: string;
  output: OutputFormat;
  watch?: boolean;
  interval?: string;
  count?: string;
}

/** One view: which part of the node, and how people see it. */
interface View {
  narrow?: (snapshot: NodeSnapshot, node: NodeObservations) => NodeSnapshot;
  render: (snapshot: NodeSnapshot, options: RenderOptions) => string;
}

export function addInspect(program: Command, finish: (code: Exit) => void): void {
  const inspect = withClusterOptions(withOptions(program.command('inspect')))
    .description(
      'what is attached where, pods, uplinks, counters, and what is not as wanted; with --cluster on every node of a cluster',
    )
    .addHelpText(
      'after',
      examples(
        'tsnctl inspect',
        'tsnctl inspect -o wide',
        'tsnctl inspect pod default/web',
        'tsnctl inspect uplink eth1',
        "tsnctl inspect -o json | jq '.drift'",
        'tsnctl inspect --cluster -n plant',
        'tsnctl inspect --watch',
        'tsnctl inspect --watch --interval 5s --count 12 > rates.log',
      ),
    )
    .action(
      hereOrInCluster<Options>(
        async (options) => {
          const { renderNode } = await import('../render/inspect/node.ts');
          await show(options, { render: renderNode }, finish);
        },
        async (options) => (await import('./cluster/look.ts')).inspectCluster(options, finish),
      ),
    );
  withOptions(inspect.command('pod <NAME|IF>'))
    .description('one pod: namespace/name, name, container id, or the host side of its interface')
    .addHelpText('after', examples('tsnctl inspect pod default/web', 'tsnctl inspect pod veth1a2b -o json'))
    .action(async (name: string, _: Options, command: Command) => {
      refuseCluster(command);
      const { narrowToPod } = await import('@tsnctl/proxy');
      const { renderPodView } = await import('../render/inspect/pod.ts');
      const view: View = { narrow: (snapshot) => narrowToPod(snapshot, name), render: renderPodView };
      await show(command.optsWithGlobals(), view, finish);
    });
  withOptions(inspect.command('uplink <IF>'))
    .description('one interface as uplink: restorer, qdiscs, classes and gates')
    .addHelpText('after', examples('tsnctl inspect uplink eth1', 'tsnctl inspect uplink eth1 -o wide'))
    .action(async (name: string, _: Options, command: Command) => {
      refuseCluster(command);
      const { narrowToUplink } = await import('@tsnctl/proxy');
      const { renderUplinkView } = await import('../render/inspect/uplink.ts');
      const view: View = {
        narrow: (snapshot, node) => narrowToUplink(snapshot, node, name),
        render: renderUplinkView,
      };
      await show(command.optsWithGlobals(), view, finish);
    });
}

async function show(options: Options, { narrow, render }: View, finish: (code: Exit) => void): Promise<void> {
  const { inspectNode, observeNode } = await import('@tsnctl/proxy');
  const pace = readPace(options);
  using netns = options.netns === undefined ? NetNs.current() : NetNs.open(options.netns);
  const look = () => {
    const node = observeNode(observeOptions(netns, options));
    const whole = inspectNode(node);
    return narrow ? narrow(whole, node) : whole;
  };
  if (options.watch) {
    const { watch } = await import('../watch/watch.ts');
    await watch({ look, json: options.output === 'json', ...pace }, finish);
    return;
  }
  const snapshot = await settled(look, ({ drift }) => drift.length > 0);
  if (snapshot.drift.length > 0) finish(Exit.drift);
  const paint = painter(process.stdout);
  await printResult(options.output, snapshot, (wide) => render(snapshot, { wide, paint }));
}

/** The agent's records are about this namespace, unless told. */
function observeOptions(netns: NetNs, { netns: name, state, bpffs }: Options): ObserveNodeOptions {
  return {
    netns,
    name: name ?? null,
    ...(state !== undefined ? { state } : name === undefined ? {} : { state: null }),
    ...(bpffs !== undefined && { bpffs }),
  };
}

/** @throws TsnctlError USAGE */
function readPace({ watch, interval, count, output }: Options): { everyMs: number; count: number } {
  if (!watch && (interval !== undefined || count !== undefined)) {
    throw usage(
      `${interval === undefined ? '--count' : '--interval'} is for --watch`,
      'tsnctl inspect --watch',
    );
  }
  if (watch && output !== 'table' && output !== 'json') {
    throw usage(`--watch has no -o ${output}`, '-o json, for one snapshot a line; or none');
  }
  return {
    everyMs: interval === undefined ? DEFAULT_INTERVAL_MS : readInterval(interval),
    count: count === undefined ? Number.POSITIVE_INFINITY : readCount(count),
  };
}

const DEFAULT_INTERVAL_MS = 1000;
const [SHORTEST_MS, LONGEST_MS] = [100, 3_600_000];

function readInterval(text: string): number {
  const [, number, unit] = /^(\d+)(ms|s)$/.exec(text) ?? [];
  const ms = Number(number) * (unit === 's' ? 1000 : 1);
  if (ms >= SHORTEST_MS && ms <= LONGEST_MS) return ms;
  throw usage(`"${text}" is not an interval`, 'a number and a unit, from 100ms to 3600s: 500ms, 5s');
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usage(`"${text}" is not a number of looks`, '--count 10');
}

function usage(message: string, hint: string): TsnctlError {
  return new TsnctlError('USAGE', message, { hint });
}

function withOptions(command: Command): Command {
  return command
    .option('--netns <namespace>', 'the network namespace, by name or path (default: this one)', nameOrPath)
    .option(
      '--state <directory>',
      "the agent's records (default: /run/tsnctl/attachments, and none with --netns)",
    )
    .option('--bpffs <directory>', 'another BPF file system than /sys/fs/bpf')
    .option('--watch', 'live: a screen with rates and events; lines where there is no terminal')
    .option('--interval <time>', 'with --watch: how often to look (default: 1s)')
    .option('--count <number>', 'with --watch: lines, and an end after so many looks')
    .addOption(outputOption());
}
