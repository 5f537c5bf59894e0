import { TsnctlError } from '@tsnctl/codec';
import type { UplinkClock } from '@tsnctl/proxy';
import type { Config } from '@tsnctl/proxy/config';
import { type Command, Option } from 'commander';
import type { ClusterFlags } from './agent-cluster.ts';
import type { AgentFlags } from './agent-config.ts';
import { nameOrPath } from './attach.ts';
import { type EntryOptions, withEntry } from './cni-chain.ts';
import { withKubeTarget } from './kube-target.ts';
import { type RuntimeOptions, withTraits } from './runtime.ts';

export interface AgentOptions
  extends RuntimeOptions,
    EntryOptions,
    AgentFlags,
    Omit<ClusterFlags, 'hostRoot'> {}

export function withAgentOptions(command: Command): Command {
  command
    .option('--config <file>', 'its configuration (default: /etc/tsnctl/config.yaml, if that is there)')
    .addOption(
      new Option('--uplink <IF[=clock]>', 'restore here, once for each')
        .default([], 'found by routes and qdiscs')
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
    .option('--no-follow', 'look at pods now and then, not as they come')
    .option(
      '--http <address:port>',
      'where /metrics, /healthz and /readyz are, or off (default: 127.0.0.1:9410)',
      parseHttp,
    )
    .addOption(
      new Option('--log-level <level>', 'the least that is said (default: info)').choices([
        'error',
        'warn',
        'info',
        'debug',
      ]),
    )
    .addOption(
      new Option('--log-format <format>', 'how (default: text on a terminal, otherwise json)').choices([
        'auto',
        'json',
        'text',
      ]),
    )
    .option(
      '--chain [directory]',
      "keep our plugin in the runtime's chain, there or where the runtime's own configuration says (default: it is left to you)",
    )
    .option('--no-chain', 'leave all CNI files alone, whatever the configuration says')
    .option('--cluster', 'in a pod of a cluster: TsnPolicies grant, TsnInterfaces tune, a TsnNodeState tells')
    .addOption(new Option('--node-name <name>', "this node's name in the cluster").env('NODE_NAME'))
    .addOption(
      new Option('--bundle <directory>', 'where the plugin comes from (default: what this is part of)'),
    )
    .addOption(
      new Option('--clean', 'take everything off the node, then wait: for uninstall --cluster').hideHelp(),
    );
  return withEntry(withTraits(withKubeTarget(command)));
}

/** `127.0.0.1:9410`, `[::1]:9410`, `off` */
function parseHttp(text: string): Config['http'] {
  if (text === 'off') return 'off';
  const [, v6, v4, digits] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new TsnctlError('USAGE', `"${text}" is no address with a port`, {
      hint: '--http 127.0.0.1:9410, --http "[::1]:9410", or --http off',
    });
  }
  return { address: v6 ?? v4 ?? '', port };
}

const CLOCKS = ['tai', 'mono', 'none'] as const satisfies UplinkClock[];

function addUplink(text: string, former: AgentOptions['uplink']): AgentOptions['uplink'] {
  const [name = '', word, ...rest] = text.split('=');
  const clock = CLOCKS.find((it) => it === word);
  if (name.trim() === '' || rest.length > 0 || (word !== undefined && clock === undefined)) {
    throw new TsnctlError('USAGE', `"${text}" names no uplink`, {
      hint: 'an interface, with its clock if need be: --uplink eth1, --uplink eth1=tai (tai, mono or none)',
    });
  }
  return [...former, clock === undefined ? { name } : { name, clock }];
}
