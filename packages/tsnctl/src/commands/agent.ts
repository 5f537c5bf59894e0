import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import type { AgentOptions, Mode, UplinkClock, Via } from '@tsnctl/proxy';
import { type Command, Option } from 'commander';
import { interruption } from '../signals.ts';
import { nameOrPath } from './attach.ts';
import { type EntryOptions, entryOf, installPlanner, withEntry } from './cni-chain.ts';
import {
  describeDirectory,
  type RuntimeOptions,
  type RuntimePlace,
  runtimePlace,
  withTraits,
} from './runtime.ts';

interface Options extends RuntimeOptions, EntryOptions {
  uplink: NonNullable<AgentOptions['uplinks']>;
  netns?: string;
  socket?: string;
  state?: string;
  mode?: Mode;
  hook?: Via;
  bpffs?: string;
  chain?: string | true;
}

export function addAgent(program: Command): void {
  const command = program
    .command('agent')
    .description('the resident process of a node: answers the CNI plugin, keeps what is attached in place')
    .addOption(
      new Option('--uplink <IF[=clock]>', 'restore here, once for each (default: found by routes and qdiscs)')
        .default([], 'none')
        .argParser(addUplink),
    )
    .option(
      '--netns <namespace>',
      "the node's network namespace, by name or path (default: this one)",
      nameOrPath,
    )
    .option('--socket <path>', 'where the plugin finds it (default: /run/tsnctl/agent.sock)')
    .option('--state <directory>', 'where it keeps its records (default: /run/tsnctl/attachments)')
    .addOption(
      new Option(
        '--mode <mode>',
        'where the priority of pods is read (default: host, before kernel 6.11 pod)',
      ).choices(['host', 'pod']),
    )
    .addOption(
      new Option(
        '--hook <hook>',
        'how all programs of the namespace are attached (default: as they are; at first tcx, before kernel 6.6 clsact)',
      ).choices(['tcx', 'clsact']),
    )
    .option('--bpffs <directory>', 'another BPF file system than /sys/fs/bpf')
    .option(
      '--chain [directory]',
      "keep our plugin in the runtime's chain, there or where the runtime's own configuration says (default: it is left to you)",
    );
  withEntry(withTraits(command))
    .addHelpText(
      'after',
      [
        '\nExamples:',
        'tsnctl agent',
        'tsnctl agent --uplink eth1 --uplink eth2=tai',
        'tsnctl agent --chain --grant 1-6 --grant-txtime',
        'tsnctl agent --uplink nic0 --netns node --socket /run/lab/agent.sock --state /run/lab/attachments\n',
      ].join('\n  '),
    )
    .action(agent);
}

async function agent(options: Options): Promise<void> {
  const { Agent, BPFFS, keepChain, lineLog, preflight } = await import('@tsnctl/proxy');
  const entry = entryOf(options); // refuses a wrong grant before anything is done
  const place = options.chain === undefined ? undefined : chainPlace(options);
  preflight(options.bpffs ?? BPFFS);
  using node = options.netns === undefined ? NetNs.current() : NetNs.open(options.netns);
  const log = lineLog((text) => process.stderr.write(text));
  using stopped = interruption();
  await using _ = await Agent.start({
    node,
    uplinks: options.uplink,
    log,
    ...(options.socket !== undefined && { socket: options.socket }),
    ...(options.state !== undefined && { state: options.state }),
    ...(options.mode !== undefined && { mode: options.mode }),
    ...(options.hook !== undefined && { via: options.hook }),
    ...(options.bpffs !== undefined && { bpffs: options.bpffs }),
  });
  if (place?.saidBy) log(`chain: ${describeDirectory(place)}`);
  using _chain = place && keepChain(place.confDir, { planner: installPlanner(place.traits, entry), log });
  log(`${await stopped.signal}: ends; what is attached stays attached`);
}

function chainPlace({ chain, ...options }: Options): RuntimePlace {
  return runtimePlace({ ...options, ...(typeof chain === 'string' && { confDir: chain }) });
}

const CLOCKS = ['tai', 'mono', 'none'] as const satisfies UplinkClock[];

function addUplink(text: string, former: Options['uplink']): Options['uplink'] {
  const [name = '', word, ...rest] = text.split('=');
  const clock = CLOCKS.find((it) => it === word);
  if (name.trim() === '' || rest.length > 0 || (word !== undefined && clock === undefined)) {
    throw new TsnctlError('USAGE', `"${text}" names no uplink`, {
      hint: 'an interface, with its clock if need be: --uplink eth1, --uplink eth1=tai (tai, mono or none)',
    });
  }
  return [...former, clock === undefined ? { name } : { name, clock }];
}
