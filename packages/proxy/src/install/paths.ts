import { AGENT_SOCKET, DEFAULT_DIRS } from '@tsnctl/cni';
import type { InstallPaths } from './model.ts';

export const UNIT = 'tsnctl-agent.service';

/** Where things are on a node; the plugin goes where its runtime looks for plugins. */
export function installPaths(binDir: string = DEFAULT_DIRS.binDirs[0] ?? '/opt/cni/bin'): InstallPaths {
  return {
    programs: '/opt/tsnctl',
    command: '/usr/local/bin/tsnctl',
    kubectlPlugin: '/usr/local/bin/kubectl-tsnctl',
    config: '/etc/tsnctl/config.yaml',
    unit: `/etc/systemd/system/${UNIT}`,
    unitWanted: `/etc/systemd/system/multi-user.target.wants/${UNIT}`,
    plugin: `${binDir}/tsnctl`,
    state: '/var/lib/tsnctl',
    journal: '/var/lib/tsnctl/journal',
    runtime: '/run/tsnctl',
    socket: AGENT_SOCKET,
  };
}

export function treeOf({ programs }: InstallPaths, version: string): string {
  return `${programs}/${version}`;
}

export function currentOf({ programs }: InstallPaths): string {
  return `${programs}/current`;
}

/** The folders above a path, the outermost first, without the root. */
export function parentsOf(path: string): string[] {
  const names = path.split('/').filter(Boolean).slice(0, -1);
  return names.map((_, at) => `/${names.slice(0, at + 1).join('/')}`);
}
