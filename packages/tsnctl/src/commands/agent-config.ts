import { existsSync } from 'node:fs';
import type { AgentSettings, Mode, UplinkClock, Via } from '@tsnctl/proxy';
import type { Config } from '@tsnctl/proxy/config';

/** What the command line says, stronger than the file. */
export interface AgentFlags {
  uplink: { readonly name: string; readonly clock?: UplinkClock }[];
  netns?: string;
  socket?: string;
  state?: string;
  mode?: Mode;
  hook?: Via;
  bpffs?: string;
  follow?: boolean;
  chain?: string | boolean;
  http?: Config['http'];
  logLevel?: Config['log']['level'];
  logFormat?: Config['log']['format'];
  config?: string;
}

/** The file that is named, or the usual one if it is there. */
export function configFile({ config }: AgentFlags, usual: string): string | undefined {
  return config ?? (existsSync(usual) ? usual : undefined);
}

/** A configuration with what the command line says in the place of what the file says. Pure. */
export function withFlags(config: Config, flags: AgentFlags): Config {
  const { uplink, mode, hook, follow, chain, http, logLevel, logFormat, netns, socket, state, bpffs } = flags;
  return {
    ...config,
    ...(uplink.length > 0 && { uplinks: uplink }),
    pods: {
      follow: follow ?? config.pods.follow,
      mode: mode ?? config.pods.mode,
      hook: hook ?? config.pods.hook,
    },
    ...(chain === false && { chain: 'never' as const }),
    http: http ?? config.http,
    log: { level: logLevel ?? config.log.level, format: logFormat ?? config.log.format },
    netns: netns ?? config.netns,
    socket: socket ?? config.socket,
    state: state ?? config.state,
    bpffs: bpffs ?? config.bpffs,
  };
}

/** What of a configuration may be other while the agent runs. Pure. */
export function settingsOf({ uplinks, pods, intervals }: Config): AgentSettings {
  return {
    uplinks,
    follow: pods.follow,
    ...(pods.mode !== 'auto' && { mode: pods.mode }),
    ...(pods.hook !== 'auto' && { via: pods.hook }),
    everyMs: intervals.check,
    renewMs: intervals.renew,
  };
}

/** Keys that a running agent cannot take over. Pure. */
export function needRestart(old: Config, now: Config): string[] {
  const keys = ['socket', 'state', 'netns', 'bpffs', 'http'] as const;
  const changed = keys.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]));
  return [...changed, ...(old.log.format === now.log.format ? [] : ['log.format'])];
}
