import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { libbpfVersion } from 'libbpf-ts';
import { BPFFS, requireBpffs } from '../pins.ts';
import { requireBpf, requireKernel, requireRoot } from '../preflight.ts';
import type { DesiredNode } from './model.ts';
import type { NodePlace } from './place.ts';

/**
 * Everything that keeps a node from being installed, each with its mend; nothing is changed. Of a tree of files
 * only what concerns files is looked at: it may belong to another machine.
 */
export function checkNode(place: NodePlace, desired: DesiredNode): TsnctlError[] {
  const { bpffs = BPFFS } = place;
  const ofFiles = [
    () => requireNode(place, desired),
    () => requireSpace(place, desired),
    () => requireDirectories(place, desired),
  ];
  const ofKernel = [requireKernel, requireRoot, requireBpf, () => requireBpffs(bpffs), libbpfVersion];
  return [...(place.netns ? ofKernel : []), ...ofFiles].flatMap((check) => refusal(check) ?? []);
}

function refusal(check: () => unknown): TsnctlError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof TsnctlError) return error;
    throw error;
  }
}

/** The Node that is to run it has to be new enough: it is asked. */
function requireNode({ root }: NodePlace, { bundle, node }: DesiredNode): void {
  if (node === undefined || bundle.files.some(({ path }) => path === 'bin/node')) return;
  const program = 'link' in node ? join(root, node.link) : node.copyOf;
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const said = (stdout ?? '').trim();
  const [, major] = /^v(\d+)\./.exec(said) ?? [];
  if (Number(major) >= bundle.node) return;
  const what = error
    ? `cannot be run: ${error.message}`
    : major === undefined
      ? `is no Node: to --version it says "${said.slice(0, 40)}"`
      : `is ${said}`;
  throw new TsnctlError('UNSUPPORTED', `${program} ${what}; Node ${bundle.node} or newer is needed`, {
    hint: 'without --node, the Node that runs this command is copied; or --node PATH of a newer one',
  });
}

const SPARE_BYTES = 16 << 20;

function requireSpace({ root }: NodePlace, { bundle, node, paths }: DesiredNode): void {
  const NODE_BYTES = node && 'copyOf' in node ? 130e6 : 0;
  const needed = bundle.files.reduce((sum, { size }) => sum + size, 0) + NODE_BYTES + SPARE_BYTES;
  for (const [path, bytes] of [
    [paths.programs, needed],
    [paths.state, SPARE_BYTES],
  ] as const) {
    const at = nearest(join(root, path));
    const { bavail, bsize } = statfsSync(at);
    if (bavail * bsize >= bytes) continue;
    const [free, wanted] = [bavail * bsize, bytes].map((count) => `${Math.ceil(count / 1e6)} MB`);
    throw new TsnctlError('NO_SPACE', `${at} has ${free} left; ${path} needs ${wanted}`, {
      hint: 'make room; --node PATH does with 130 MB less',
    });
  }
}

/** The runtime's directories are the runtime's to make; and what we write to has to be writable. */
function requireDirectories({ root }: NodePlace, { chain, paths }: DesiredNode): void {
  if (chain && !existsSync(join(root, chain.directory))) {
    throw new TsnctlError('NO_CONF_DIR', `there is no directory ${chain.directory}`, {
      hint: "--conf-dir DIR, as the runtime's configuration has it; --chain never leaves the runtime alone",
    });
  }
  for (const path of [
    paths.programs,
    paths.plugin,
    paths.state,
    ...(chain ? [`${chain.directory}/x`] : []),
  ]) {
    const at = nearest(join(root, path));
    try {
      accessSync(at, constants.W_OK);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'FAILED';
      throw new TsnctlError(code, `${at} cannot be written to (${code})`, {
        hint: code === 'EROFS' ? 'remount it writable; --bin-dir DIR for the plugin' : 'sudo tsnctl ...',
        cause,
      });
    }
  }
}

/** The innermost folder above that is there. */
function nearest(path: string): string {
  for (let at = path; ; at = join(at, '..')) if (existsSync(at)) return at;
}
