import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import type { Agent, AgentSettings, Log, UplinkClock } from '@tsnctl/proxy';
import type { Config } from '@tsnctl/proxy/config';
import { type Command, Option } from 'commander';
import { interruption } from '../signals.ts';
import { version } from '../version.ts';
import { type ClusterFlags, cleanNode, joinCluster, placePlugin } from './agent-cluster.ts';
import { type AgentFlags, configFile, needRestart, settingsOf, withFlags } from './agent-config.ts';
import { keepSmall } from './agent-memory.ts';
import { nameOrPath } from './attach.ts';
import { type EntryOptions, entryOf, installPlanner, withEntry } from './cni-chain.ts';
import { examples } from './examples.ts';
import { withKubeTarget } from './kube-target.ts';
import { describeDirectory, type RuntimeOptions, runtimePlace, withTraits } from './runtime.ts';

interface Options extends RuntimeOptions, EntryOptions, AgentFlags, Omit<ClusterFlags, 'hostRoot'> {}

export function addAgent(program: Command): void {
  const command = program
    .command('agent')
    .description(
      'the resident process of a node: follows pods, keeps what is attached, answers the CNI plugin',
    )
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
  withKubeTarget(command);
  withEntry(withTraits(command))
    .addHelpText(
      'after',
      examples(
        'tsnctl agent',
        'tsnctl agent --config /etc/tsnctl/config.yaml',
        'tsnctl agent --uplink eth1 --uplink eth2=tai',
        'tsnctl agent --chain --grant 1-6 --grant-txtime',
        'tsnctl agent --cluster --host-root /host',
        'tsnctl agent --uplink nic0 --netns node --socket /run/lab/agent.sock --state /run/lab/attachments --http off',
      ),
    )
    .action(agent);
}

async function agent(options: Options): Promise<void> {
  const { Agent, ConfigPolicies, createMetrics, openLog, preflight, serveHttp } = await import(
    '@tsnctl/proxy'
  );
  const { CONFIG_FILE, configVersion, defaultConfig, readConfig, watchConfig } = await import(
    '@tsnctl/proxy/config'
  );
  entryOf(options); // refuses a wrong grant before anything is done
  const file = configFile(options, CONFIG_FILE);
  const since = file === undefined ? '' : configVersion(file);
  let config = withFlags(file === undefined ? defaultConfig() : readConfig(file), options);
  preflight(config.bpffs);
  const { log, setLevel } = await openLog({ ...config.log, format: formatOf(config) });
  const metrics = await createMetrics({ version: version(), node: process.version });
  const policies = new ConfigPolicies(config.policies);
  using node = config.netns === undefined ? NetNs.current() : NetNs.open(config.netns);
  using stopped = interruption();
  await using resources = new AsyncDisposableStack();
  const { http } = config;
  if (options.clean) {
    await clean(options, config, node, log, stopped.signal);
    return;
  }
  let running: Agent | undefined;
  let moreUplinks: NonNullable<AgentSettings['moreUplinks']> = [];
  const settings = () => ({ ...settingsOf(config), moreUplinks });
  const link = options.cluster
    ? resources.use(
        await joinCluster({
          flags: options,
          config,
          node,
          log,
          onUplinks(uplinks) {
            moreUplinks = uplinks;
            running?.configure(settings());
          },
        }),
      )
    : undefined;
  if (options.cluster) await placePlugin(options, config, log);
  running = await Agent.start({
    node,
    ...settings(),
    socket: config.socket,
    state: config.state,
    bpffs: config.bpffs,
    log,
    source: link?.source ?? policies,
    ...(link && { sink: link.sink }),
    metrics,
    async beforeFirstLook(it) {
      if (http === 'off') return;
      const server = await serveHttp({
        ...http,
        notReady: () => it.notReady()?.message,
        notWell: () => it.notWell(),
        metrics: () => metrics.expose(it.view),
        log,
      });
      resources.use(server);
      log(`metrics on http://${http.address}:${server.port}/metrics`);
    },
  });
  resources.use(running);
  if (link) running.configure(settings()); // what the cluster has said meanwhile
  using chain = await ChainKeeper.open(options, log);
  chain.keep(config);
  using _watch =
    file === undefined
      ? undefined
      : watchConfig(file, {
          since,
          onChange(text) {
            const now = withFlags(text, options);
            const left = needRestart(config, now);
            if (left.length > 0) {
              log(`${file}: ${left.join(', ')} holds after a restart; until then as before`, {
                level: 'warn',
              });
            }
            chain.keep(now);
            config = now;
            setLevel(now.log.level);
            policies.set(now.policies);
            running?.configure(settings());
            metrics.configReloaded('taken');
            log(`${file} has changed, and holds`);
          },
          onRefused(error) {
            metrics.configReloaded('refused');
            const { message, hint } = error as Error & { hint?: string };
            const mend = hint === undefined ? '' : `. Try: ${hint}`;
            log(`a new configuration is refused, the old one holds: ${message}${mend}`, { level: 'error' });
          },
        });
  using _small = keepSmall();
  log(`${await stopped.signal}: ends; what is attached stays attached`);
}

/** The node as it was, and ready as a sign of that, until this process is not needed any more. */
async function clean(
  options: Options,
  config: Config,
  node: NetNs,
  log: Log,
  signal: Promise<unknown>,
): Promise<void> {
  const { serveHttp } = await import('@tsnctl/proxy');
  let why: string | undefined = 'the node is being cleaned';
  await using _server =
    config.http === 'off'
      ? undefined
      : await serveHttp({
          ...config.http,
          notReady: () => why,
          notWell: () => undefined,
          metrics: async () => ({ type: 'text/plain', text: '' }),
          log,
        });
  await cleanNode(options, config, node, log);
  why = undefined;
  const alive = setInterval(() => {}, 60_000); // with http off, nothing else keeps it
  await signal;
  clearInterval(alive);
}

/** Keeps the chain as the configuration says, or the command line if that does. */
class ChainKeeper implements Disposable {
  readonly #options: Options;
  readonly #log: Log;
  readonly #proxy: typeof import('@tsnctl/proxy');
  #kept: Disposable | undefined;
  #said = '';

  private constructor(options: Options, log: Log, proxy: typeof import('@tsnctl/proxy')) {
    this.#options = options;
    this.#log = log;
    this.#proxy = proxy;
  }

  static async open(options: Options, log: Log): Promise<ChainKeeper> {
    return new ChainKeeper(options, log, await import('@tsnctl/proxy'));
  }

  keep(config: Config): void {
    const said = JSON.stringify([config.chain, config.socket], (_, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    if (said === this.#said) return;
    const kept = this.#open(config);
    this.#kept?.[Symbol.dispose]();
    this.#kept = kept;
    this.#said = said;
  }

  #open(config: Config): Disposable | undefined {
    const { chainEntry, keepChain, onlyWithBinary } = this.#proxy;
    const { chain: flag, ...options } = this.#options;
    const log = this.#log;
    if (flag !== undefined && flag !== false) {
      const place = runtimePlace({ ...options, ...(typeof flag === 'string' && { confDir: flag }) });
      if (place.saidBy) log(`chain: ${describeDirectory(place)}`);
      return keepChain(place.confDir, { planner: installPlanner(place.traits, entryOf(options)), log });
    }
    const { chain } = config;
    const entry = chainEntry(config);
    if (chain === 'never' || entry === undefined) return undefined;
    const place = runtimePlace({
      ...options,
      dropIns: chain.dropIns,
      ...(chain.directory !== 'auto' && { confDir: chain.directory }),
    });
    if (place.saidBy) log(`chain: ${describeDirectory(place)}`);
    const planner = installPlanner(place.traits, entry);
    return keepChain(place.confDir, { planner: onlyWithBinary(planner, place.binDirs), log });
  }

  [Symbol.dispose](): void {
    this.#kept?.[Symbol.dispose]();
  }
}

function formatOf({ log: { format } }: Config): 'json' | 'text' {
  if (format !== 'auto') return format;
  return process.stderr.isTTY ? 'text' : 'json';
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
