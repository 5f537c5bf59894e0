import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Daemon, PhcSource } from '../node-facts.ts';
import { type ChronyFiles, phcSources } from '../phc-sources.ts';

export interface ReadChronyOptions {
  /** Where a configuration is looked for that the daemon's command line does not name. */
  readonly usual?: readonly string[];
  /** The program that asks chronyd, by name or path. */
  readonly chronyc?: string;
}

/** Debian's place, and that of the others. */
const USUAL = ['/etc/chrony/chrony.conf', '/etc/chrony.conf'];
const PATIENCE_MS = 2_000;

/** The hardware clocks that chrony follows, as its configuration names them, and what it says of each by now. */
export function readChrony(
  daemons: readonly Daemon[],
  { usual = USUAL, chronyc = 'chronyc' }: ReadChronyOptions = {},
): PhcSource[] {
  const daemon = daemons.find(({ name }) => name === 'chronyd');
  if (!daemon) return [];
  const [, named] = /\s-f\s*(\S+)/.exec(daemon.command) ?? [];
  const file = named ?? usual.find((path) => existsSync(path));
  if (file === undefined) return [];
  const sources = phcSources(file, files);
  if (sources.length === 0) return [];
  const states = askChrony(chronyc);
  return sources.map((source) => {
    const state = states.get(source.refid);
    return { ...source, device: realDevice(source.device), ...(state !== undefined && { state }) };
  });
}

const files: ChronyFiles = {
  read: (path) => readFileSync(path, 'utf8'),
  matching(pattern) {
    const directory = dirname(pattern);
    if (!existsSync(directory)) return [];
    const words = basename(pattern).split('*').map(RegExp.escape).join('.*').replaceAll('\\?', '.');
    const matcher = new RegExp(`^${words}$`);
    return readdirSync(directory)
      .filter((name) => matcher.test(name))
      .sort()
      .map((name) => join(directory, name));
  },
};

/** What stands in the second column of `chronyc sources`, by the name of the source; nothing where chrony is not asked. */
function askChrony(chronyc: string): Map<string, string> {
  try {
    const text = execFileSync(chronyc, ['-n', '-c', 'sources'], {
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return new Map(
      text.split('\n').flatMap((line) => {
        const [mode, state, name] = line.split(',');
        return mode === '#' && state !== undefined && name !== undefined ? [[name, state] as const] : [];
      }),
    );
  } catch {
    return new Map(); // it is not there, or chronyd does not answer us
  }
}

/** udev names hardware clocks, too: /dev/ptp_i225. */
function realDevice(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
