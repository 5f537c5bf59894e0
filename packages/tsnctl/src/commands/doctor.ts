import { NetNs } from '@tsnctl/linux';
import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import { renderFindings } from '../render/doctor.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { settled } from '../settled.ts';
import { nameOrPath } from './attach.ts';
import { type ClusterOptions, hereOrInCluster, withClusterOptions } from './cluster/options.ts';
import { examples } from './examples.ts';

interface Options extends ClusterOptions {
  netns?: string;
  bpffs?: string;
  socket?: string;
  confDir?: string;
  only: string[];
  output: OutputFormat;
}

export function addDoctor(program: Command, finish: (code: Exit) => void): void {
  withClusterOptions(program.command('doctor'), { pods: false })
    .description(
      'can this node and its NICs do TSN, and is anything amiss, here or with --cluster in all of a cluster: findings, each with its mend',
    )
    .addOption(
      new Option('--only <checks>', 'these checks alone, by name, separated by commas')
        .argParser((text: string) => text.split(','))
        .default([], 'all'),
    )
    .option(
      '--netns <namespace>',
      "the node's network namespace, by name or path (default: this one)",
      nameOrPath,
    )
    .option('--conf-dir <directory>', "the container runtime's network configs (default: /etc/cni/net.d)")
    .option('--bpffs <directory>', 'another BPF file system than /sys/fs/bpf')
    .option('--socket <path>', 'where the agent listens (default: /run/tsnctl/agent.sock)')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nIt changes nothing. Without root it says what it could not see. Exit code 3: something is wrong.\n' +
        examples(
          'tsnctl doctor',
          'tsnctl doctor -o wide',
          'tsnctl doctor --only ungated,restorers,foreign',
          'tsnctl doctor --cluster --only agents,policies',
          'tsnctl doctor -o json | jq \'.findings[] | select(.severity == "error")\'',
        ),
    )
    .action(
      hereOrInCluster<Options>(
        (options) => doctor(options, finish),
        async (options) => (await import('./cluster/doctor.ts')).doctorOfCluster(options, finish),
      ),
    );
}

async function doctor(
  { netns, bpffs, socket, confDir, only, output }: Options,
  finish: (code: Exit) => void,
): Promise<void> {
  const { diagnose, isIll, mayPass, readNode } = await import('@tsnctl/proxy');
  using node = netns === undefined ? NetNs.current() : NetNs.open(netns);
  const places = {
    ...(bpffs !== undefined && { bpffs }),
    ...(socket !== undefined && { socket }),
    ...(confDir !== undefined && { confDir }),
  };
  const look = async () => diagnose(await readNode(node, places), only);
  const findings = await settled(look, mayPass);
  await printResult(output, { findings }, (wide) => renderFindings(findings, wide, painter(process.stdout)));
  if (isIll(findings)) finish(Exit.drift);
}
