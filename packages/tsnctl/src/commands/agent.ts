import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import type { Agent, AgentSettings, Log } from '@tsnctl/proxy';
import type { Config } from '@tsnctl/proxy/config';
import type { Command } from 'commander';
import { describeError } from '../exit.ts';
import { interruption } from '../signals.ts';
import { version } from '../version.ts';
import { cleanNode, joinCluster, placePlugin } from './agent-cluster.ts';
import { configFile, needRestart, settingsOf, withFlags } from './agent-config.ts';
import { keepSmall } from './agent-memory.ts';
import { type AgentOptions, withAgentOptions } from './agent-options.ts';
import { ChainKeeper } from './chain-keeper.ts';
import { entryOf } from './cni-chain.ts';
import { examples } from './examples.ts';

export function addAgent(program: Command): void {
  withAgentOptions(program.command('agent'))
    .description(
      'the resident process of a node: follows pods, keeps what is attached, answers the CNI plugin',
    )
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

async function agent(options: AgentOptions): Promise<void> {
  const { Agent, ConfigPolicies, createMetrics, openLog, preflight, serveHttp } = await import(
    '@tsnctl/proxy'
  );
  const { CONFIG_FILE, configVersion, defaultConfig, readConfig, watchConfig } = await import(
    '@tsnctl/proxy/config'
  );
  requireCluster(options);
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
    async beforeFirstLook(health) {
      if (http === 'off') return;
      const server = await serveHttp({
        ...http,
        notReady: () => health.notReady()?.message,
        notWell: () => health.notWell(),
        metrics: () => metrics.expose(health.view),
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
            const why = describeError(error);
            log(`a new configuration is refused, the old one holds: ${why}`, { level: 'error' });
          },
        });
  using _small = keepSmall();
  log(`${await stopped.signal}: ends; what is attached stays attached`);
}

/** Elsewhere it would take everything off a node whose service goes on, and wait for nobody. */
function requireCluster({ clean, cluster }: AgentOptions): void {
  if (!clean || cluster) return;
  throw new TsnctlError('USAGE', '--clean is for an agent in a pod of a cluster, and --cluster is missing', {
    hint: 'tsnctl uninstall on this node; for a cluster: tsnctl uninstall --cluster, which tells its agents',
  });
}

/** The node as it was, and ready as a sign of that, until this process is not needed any more. */
async function clean(
  options: AgentOptions,
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

function formatOf({ log: { format } }: Config): 'json' | 'text' {
  if (format !== 'auto') return format;
  return process.stderr.isTTY ? 'text' : 'json';
}
