import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import { configuredPlace, type NodePlace } from '@tsnctl/proxy/install';
import type { Command } from 'commander';
import { nameOrPath } from './attach.ts';

export interface PlaceOptions {
  root: string;
  netns?: string;
  bpffs?: string;
}

/**
 * The node that a command is about: with the namespace that is named, or else that of its configuration. A tree of
 * files has no data plane, unless one of these names it.
 */
export function placeOf(options: PlaceOptions): NodePlace & Disposable {
  const { root } = options;
  const configured = configuredPlace(root);
  const bpffs = options.bpffs ?? configured.bpffs;
  const stack = new DisposableStack();
  const netns = namespaceOf(root, options.netns, configured.netns);
  if (netns) stack.use(netns);
  return {
    root,
    ...(netns && { netns }),
    ...(bpffs !== undefined && { bpffs }),
    [Symbol.dispose]: () => stack.dispose(),
  };
}

/** One that is configured and gone has nothing attached any more. */
function namespaceOf(root: string, named?: string, configured?: string): NetNs | undefined {
  if (named !== undefined) return NetNs.open(named);
  if (configured === undefined) return root === '/' ? NetNs.current() : undefined;
  try {
    return NetNs.open(configured);
  } catch (error) {
    if (error instanceof TsnctlError) return undefined;
    throw error;
  }
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
