import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UNIT } from './verbs.ts';

/** A node as a command has left it. */
export interface NodeLook {
  /** What an install touches, byte for byte. */
  readonly files: string;
  readonly links: string;
  /** Of the unit, as systemd has it. */
  readonly loaded: string;
  readonly state: string;
  /** Whether systemd has read another unit than there is: `yes` or `no`. */
  readonly reload: string;
  readonly pid: string;
  /** The version whose program the agent runs. */
  readonly runs: string | undefined;
}

export function lookAtNode(): NodeLook {
  const properties = ['LoadState', 'ActiveState', 'NeedDaemonReload', 'MainPID'];
  const shown = systemctl('show', '--property', properties.join(), UNIT).matchAll(/^(\w+)=(.*)$/gm);
  const of = Object.fromEntries([...shown].map(([, name = '', value = '']) => [name, value]));
  const [loaded = '', state = '', reload = '', pid = ''] = properties.map((name) => of[name]);
  return { files: shell('files'), links: shell('pins'), loaded, state, reload, pid, runs: versionOf(pid) };
}

export function makeMachine(): void {
  shell('make_machine');
}

function versionOf(pid: string): string | undefined {
  if (pid === '0') return undefined;
  return /\/opt\/tsnctl\/([^/]+)\//.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1];
}

function systemctl(...args: string[]): string {
  return execFileSync('systemctl', args, { encoding: 'utf8' });
}

const FUNCTIONS = fileURLToPath(new URL('machine.sh', import.meta.url));

function shell(name: string): string {
  return execFileSync('sh', ['-c', '. "$0" && "$1" 2>/dev/null', FUNCTIONS, name], { encoding: 'utf8' });
}
