import { globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import {
  type ConfDirs,
  confDirs,
  DEFAULT_DIRS,
  DISTRIBUTIONS,
  type RuntimeConfigFile,
  type RuntimeName,
} from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno } from '@tsnctl/linux';

/** A container runtime of this node, and where it looks for networks and plugins. */
export interface FoundRuntime extends ConfDirs {
  readonly name: RuntimeName;
  /** The files of its configuration, in the order in which it reads them; none: its defaults. */
  readonly files: readonly string[];
}

export interface FindOptions {
  /** Where the node's files are: another directory in a container. */
  readonly root?: string;
  /** This runtime, if the node has several. */
  readonly name?: RuntimeName;
}

/**
 * The runtime whose configuration is on this node; the defaults of containerd where there is none.
 * @throws TsnctlError SEVERAL_RUNTIMES, BAD_RUNTIME_CONFIG
 */
export function findRuntime({ root = '/', name }: FindOptions = {}): FoundRuntime {
  return chooseRuntime(readRuntimes(root), name);
}

/** The one that is named, or the only one there is: those that mean the same directory are one. Pure. */
function chooseRuntime(runtimes: readonly FoundRuntime[], name?: RuntimeName): FoundRuntime {
  const candidates = runtimes.filter((runtime) => name === undefined || runtime.name === name);
  const [first = { ...DEFAULT_DIRS, name: name ?? 'containerd', files: [] }] = candidates;
  const other = candidates.find(({ confDir, name: it }) => confDir !== first.confDir || it !== first.name);
  if (!other) return first;
  const [one, two] = [first, other].map(
    ({ confDir, saidBy, files, name: it }) => `${it} uses ${confDir} by ${saidBy ?? files[0]}`,
  );
  throw new TsnctlError(
    'SEVERAL_RUNTIMES',
    `this node has the configuration of several runtimes: ${one}, ${two}`,
    {
      hint:
        first.name === other.name
          ? `--conf-dir ${first.confDir} or --conf-dir ${other.confDir}, whichever the kubelet's runtime uses`
          : `--runtime ${first.name} or --runtime ${other.name}, whichever the kubelet uses`,
    },
  );
}

const CONTAINERD_CONFIGS = [
  ...new Set(
    DISTRIBUTIONS.filter(({ runtime }) => runtime === 'containerd').map(({ runtimeConfig }) => runtimeConfig),
  ),
];
const CRIO_CONFIG = '/etc/crio/crio.conf';
const CRIO_DIRECTORY = '/etc/crio/crio.conf.d';

function readRuntimes(root: string): FoundRuntime[] {
  const all = [...CONTAINERD_CONFIGS.map((path) => readContainerd(root, path)), readCrio(root)];
  return all.flatMap((runtime) => runtime ?? []);
}

/** As containerd reads it: a file, what it imports, what that imports, each once. LoadConfig of containerd. */
function readContainerd(root: string, path: string): FoundRuntime | undefined {
  const files: RuntimeConfigFile[] = [];
  const pending = [path];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (files.some(({ file }) => file === next)) continue;
    const text = readText(root, next);
    if (text === undefined && files.length === 0) return undefined;
    if (text === undefined) {
      throw new TsnctlError('BAD_RUNTIME_CONFIG', `${path} imports ${next}, which is not there`, {
        hint: 'containerd itself would not start with it; --conf-dir DIR, if it is not in use',
      });
    }
    files.push({ file: next, text });
    pending.push(...importsOf(root, { file: next, text }));
  }
  return found('containerd', files);
}

function importsOf(root: string, { file, text }: RuntimeConfigFile): string[] {
  const { imports = [] } = confDirs('containerd', [{ file, text }]);
  return imports.flatMap((pattern) => {
    const path = normalize(isAbsolute(pattern) ? pattern : join(dirname(file), pattern));
    return path.includes('*')
      ? globSync(`.${path}`, { cwd: root })
          .map((it) => `/${it}`)
          .toSorted()
      : [path];
  });
}

/** crio.conf, then what is in crio.conf.d by name: crio.conf.d(5). */
function readCrio(root: string): FoundRuntime | undefined {
  const inside = globSync(`.${CRIO_DIRECTORY}/*`, { cwd: root }).map((it) => `/${it}`);
  const files = [CRIO_CONFIG, ...inside.toSorted()].flatMap((file) => {
    const text = readText(root, file);
    return text === undefined ? [] : [{ file, text }];
  });
  return files.length === 0 ? undefined : found('cri-o', files);
}

function found(name: RuntimeName, files: readonly RuntimeConfigFile[]): FoundRuntime {
  return { ...confDirs(name, files), name, files: files.map(({ file }) => file) };
}

function readText(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (cause) {
    if (isErrno(cause, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw new TsnctlError('BAD_RUNTIME_CONFIG', `${path} cannot be read`, {
      hint: "root's rights; or --conf-dir DIR",
      cause,
    });
  }
}
