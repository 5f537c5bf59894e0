import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Whether systemd is the first process of this node; in a tree of files nothing runs. */
export function systemdRuns(root: string): boolean {
  return root === '/' && existsSync('/run/systemd/system'); // sd_booted(3)
}

export function unitIsActive(unit: string): boolean {
  const { stdout } = spawnSync('systemctl', ['is-active', unit], { encoding: 'utf8' });
  return ['active', 'activating', 'reloading'].includes(stdout?.trim() ?? '');
}
