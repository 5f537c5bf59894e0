import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import type { NodePlace } from '@tsnctl/proxy/install';
import type { Command } from 'commander';
import { nameOrPath } from './attach.ts';

export interface PlaceOptions {
  root: string;
  netns?: string;
  bpffs?: string;
}

/** The node that a command is about. A tree of files has no data plane, unless its namespace is named. */
export function placeOf({ root, netns, bpffs }: PlaceOptions): NodePlace & Disposable {
  const stack = new DisposableStack();
  const dispose = { [Symbol.dispose]: () => stack.dispose() };
  if (root !== '/' && netns === undefined) return { root, ...dispose };
  const handle = stack.use(netns === undefined ? NetNs.current() : NetNs.open(netns));
  return { root, netns: handle, ...(bpffs !== undefined && { bpffs }), ...dispose };
}

export function withPlaceOptions(command: Command): Command {
  return command
    .option('--root <directory>', 'the files of another node, as of an image that is made', '/')
    .option('--netns <namespace>', 'its network namespace, by name or path (default: this one)', nameOrPath)
    .option('--bpffs <directory>', 'another BPF file system than /sys/fs/bpf');
}

/** `30s`, `2m`, `500ms`; milliseconds. */
export function parseWait(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  const factor = { ms: 1, s: 1_000, m: 60_000 }[unit];
  if (factor !== undefined) return Number(count) * factor;
  throw new TsnctlError('USAGE', `"${text}" is no time to wait`, { hint: '500ms, 30s, 2m' });
}
