import { NetNs } from '@tsnctl/linux';
import type { NodeObservations, NodeSnapshot, ObserveNodeOptions } from '@tsnctl/proxy';
import type { Command } from 'commander';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import type { RenderOptions } from '../render/inspect/sections.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { nameOrPath } from './attach.ts';

interface Options {
  netns?: string;
  state?: string;
  bpffs?: string;
  output: OutputFormat;
}

/** One view: which part of the node, and how people see it. */
interface View {
  narrow?: (snapshot: NodeSnapshot, node: NodeObservations) => NodeSnapshot;
  render: (snapshot: NodeSnapshot, options: RenderOptions) => string;
}

export function addInspect(program: Command, finish: (code: Exit) => void): void {
  const inspect = withOptions(program.command('inspect'))
    .description('what is attached where, pods, uplinks, counters, and what is not as wanted')
    .addHelpText(
      'after',
      examples(
        'tsnctl inspect',
        'tsnctl inspect -o wide',
        'tsnctl inspect pod default/web',
        'tsnctl inspect uplink eth1',
        "tsnctl inspect -o json | jq '.drift'",
      ),
    )
    .action(async (options: Options) => {
      const { renderNode } = await import('../render/inspect/node.ts');
      await show(options, { render: renderNode }, finish);
    });
  withOptions(inspect.command('pod <NAME|IF>'))
    .description('one pod: namespace/name, name, container id, or the host side of its interface')
    .addHelpText('after', examples('tsnctl inspect pod default/web', 'tsnctl inspect pod veth1a2b -o json'))
    .action(async (name: string, _: Options, command: Command) => {
      const { narrowToPod } = await import('@tsnctl/proxy');
      const { renderPodView } = await import('../render/inspect/pod.ts');
      const view: View = { narrow: (snapshot) => narrowToPod(snapshot, name), render: renderPodView };
      await show(command.optsWithGlobals(), view, finish);
    });
  withOptions(inspect.command('uplink <IF>'))
    .description('one interface as uplink: restorer, qdiscs, classes and gates')
    .addHelpText('after', examples('tsnctl inspect uplink eth1', 'tsnctl inspect uplink eth1 -o wide'))
    .action(async (name: string, _: Options, command: Command) => {
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
  using netns = options.netns === undefined ? NetNs.current() : NetNs.open(options.netns);
  const node = observeNode(readOptions(netns, options));
  const whole = inspectNode(node);
  const snapshot = narrow ? narrow(whole, node) : whole;
  if (snapshot.drift.length > 0) finish(Exit.drift);
  const paint = painter(process.stdout);
  await printResult(options.output, snapshot, (wide) => render(snapshot, { wide, paint }));
}

/** The agent's records are about this namespace, unless told. */
function readOptions(netns: NetNs, { netns: name, state, bpffs }: Options): ObserveNodeOptions {
  return {
    netns,
    name: name ?? null,
    ...(state !== undefined ? { state } : name === undefined ? {} : { state: null }),
    ...(bpffs !== undefined && { bpffs }),
  };
}

function withOptions(command: Command): Command {
  return command
    .option('--netns <namespace>', 'the network namespace, by name or path (default: this one)', nameOrPath)
    .option(
      '--state <directory>',
      "the agent's records (default: /run/tsnctl/attachments, and none with --netns)",
    )
    .option('--bpffs <directory>', 'another BPF file system than /sys/fs/bpf')
    .addOption(outputOption());
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
