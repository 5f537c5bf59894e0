import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from './settings.ts';

/** What programs ask for by name, the commands for `kubectl exec`, and who made the libraries, for scanners. */
const FILES: Readonly<Record<string, { readonly text: string; readonly mode?: number }>> = {
  'usr/bin/tsnctl': { text: COMMANDS.tsnctl, mode: 0o755 },
  'usr/bin/kubectl-tsnctl': { text: COMMANDS['kubectl-tsnctl'], mode: 0o755 },
  'etc/passwd': { text: 'root:x:0:0:root:/:/usr/bin/tsnctl\n' },
  'etc/group': { text: 'root:x:0:\n' },
  'etc/nsswitch.conf': { text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
  'etc/os-release': {
    text: 'PRETTY_NAME="tsnctl, with libraries of Debian 12"\nID=debian\nVERSION_ID="12"\n',
  },
};
/** What is mounted upon: the root of a container is read-only. */
const MOUNT_POINTS = ['dev', 'etc/tsnctl', 'host', 'proc', 'run', 'sys', 'tmp'];

export function addSystemFiles(root: string): void {
  for (const directory of [...MOUNT_POINTS, 'usr/bin']) mkdirSync(join(root, directory), { recursive: true });
  for (const [path, { text, mode = 0o644 }] of Object.entries(FILES))
    writeFileSync(join(root, path), text, { mode });
  // Runtimes name the namespaces of pods by it: CNI_NETNS=/var/run/netns/...
  symlinkSync('/run', join(root, 'var/run'));
}
