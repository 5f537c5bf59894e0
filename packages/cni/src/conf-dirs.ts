import { TsnctlError } from '@tsnctl/codec';
import { parse, TomlError, type TomlTable, type TomlValue } from 'smol-toml';

/** Where a runtime looks for network configs and for plugins. */
export interface ConfDirs {
  readonly confDir: string;
  /** In the order in which they are searched. */
  readonly binDirs: readonly string[];
  /** containerd: how many configs are loaded, 0 for all. */
  readonly maxConfNum?: number;
  /** containerd writes the config itself, from this template. */
  readonly confTemplate?: string;
  /** CRI-O: the network that is used, whatever sorts first. */
  readonly defaultNetwork?: string;
  /** containerd: runtime classes that have a directory of their own. */
  readonly runtimes?: Readonly<Record<string, string>>;
  /** containerd: files that the config takes in, as patterns; read them and pass them along. */
  readonly imports?: readonly string[];
  /** The file that names `confDir`; without one it is the runtime's default. */
  readonly saidBy?: string;
}

/** One file of a runtime's configuration. */
export interface RuntimeConfigFile {
  /** As errors shall name it. */
  readonly file: string;
  readonly text: string;
}

export type RuntimeName = 'containerd' | 'cri-o';

/**
 * Read the directories out of a runtime's configuration: config.toml and its imports, or crio.conf and crio.conf.d,
 * in the order in which the runtime reads them. The later file wins. @throws TsnctlError BAD_RUNTIME_CONFIG
 */
export function confDirs(runtime: RuntimeName, files: readonly RuntimeConfigFile[]): ConfDirs {
  const read = files.map(({ file, text }) => ({ file, table: parseToml(text, file) }));
  return runtime === 'containerd' ? containerdDirs(read) : crioDirs(read);
}

interface ReadFile {
  readonly file: string;
  readonly table: TomlTable;
}

// internal/cri/config/config.go of containerd; docs/crio.conf.5.md of CRI-O
export const DEFAULT_DIRS: ConfDirs = { confDir: '/etc/cni/net.d', binDirs: ['/opt/cni/bin'] };

// docs/PLUGINS.md and docs/cri/config.md of containerd: where the CRI plugin's table is, by `version`. Version 4
// moves other tables. A file without a version has version 1, where long names are known, too (v1MigratePluginName).
const CRI_TABLES: Readonly<Record<number, readonly string[]>> = {
  1: ['cri', 'io.containerd.grpc.v1.cri'],
  2: ['io.containerd.grpc.v1.cri'],
  3: ['io.containerd.cri.v1.runtime'],
  4: ['io.containerd.cri.v1.runtime'],
};

function containerdDirs(files: readonly ReadFile[]): ConfDirs {
  let dirs = DEFAULT_DIRS;
  for (const { file, table } of files) {
    const version = table.version ?? 1;
    const tables = CRI_TABLES[Number(version)];
    if (tables === undefined) {
      throw bad(`${file} has version ${String(version)}`, 'versions 1 to 4 are known');
    }
    const path = ['plugins', tables.find((name) => at(table, ['plugins', name]) !== undefined) ?? ''];
    const cni = [...path, 'cni'];
    const [confDir, binDir] = [text(table, [...cni, 'conf_dir']), text(table, [...cni, 'bin_dir'])];
    const confTemplate = text(table, [...cni, 'conf_template']);
    const maxConfNum = number(table, [...cni, 'max_conf_num']);
    const runtimes = runtimeDirs(table, [...path, 'containerd', 'runtimes']);
    dirs = {
      ...dirs,
      ...(confDir && { confDir, saidBy: file }),
      binDirs: texts(table, [...cni, 'bin_dirs']) ?? (binDir ? [binDir] : dirs.binDirs),
      ...(maxConfNum !== undefined && { maxConfNum }),
      ...(confTemplate && { confTemplate }),
      ...(Object.keys(runtimes).length > 0 && { runtimes: { ...dirs.runtimes, ...runtimes } }),
      ...(table.imports !== undefined && {
        imports: [...(dirs.imports ?? []), ...(texts(table, ['imports']) ?? [])],
      }),
    };
  }
  return { ...dirs, confDir: trimSlash(dirs.confDir), binDirs: dirs.binDirs.map(trimSlash) };
}

function runtimeDirs(table: TomlTable, path: readonly string[]): Record<string, string> {
  const runtimes = at(table, path);
  if (!isTable(runtimes)) return {};
  const dirs = Object.keys(runtimes).map((name) => [
    name,
    text(table, [...path, name, 'cni_conf_dir']) ?? '',
  ]);
  return Object.fromEntries(dirs.filter(([, dir]) => dir !== ''));
}

function crioDirs(files: readonly ReadFile[]): ConfDirs {
  let dirs = DEFAULT_DIRS;
  for (const { file, table } of files) {
    const network = ['crio', 'network'];
    const confDir = text(table, [...network, 'network_dir']);
    const defaultNetwork = text(table, [...network, 'cni_default_network']);
    const old = text(table, [...network, 'plugin_dir']);
    dirs = {
      ...dirs,
      ...(confDir && { confDir, saidBy: file }),
      binDirs: texts(table, [...network, 'plugin_dirs']) ?? (old ? [old] : dirs.binDirs),
      ...(defaultNetwork && { defaultNetwork }),
    };
  }
  return { ...dirs, confDir: trimSlash(dirs.confDir), binDirs: dirs.binDirs.map(trimSlash) };
}

function parseToml(source: string, what: string): TomlTable {
  try {
    return parse(source);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw bad(
      `${what} is not TOML: line ${cause.line}, column ${cause.column}`,
      'the runtime itself would not start with it',
      cause,
    );
  }
}

function text(table: TomlTable, path: readonly string[]): string | undefined {
  const value = at(table, path);
  if (value === undefined || typeof value === 'string') return value;
  throw bad(`${path.join('.')} is not a string`);
}

function number(table: TomlTable, path: readonly string[]): number | undefined {
  const value = at(table, path);
  if (value === undefined || typeof value === 'number') return value;
  throw bad(`${path.join('.')} is not a number`);
}

/** A list of strings; an empty one says nothing. */
function texts(table: TomlTable, path: readonly string[]): readonly string[] | undefined {
  const value = at(table, path);
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined;
  if (Array.isArray(value) && value.every((it) => typeof it === 'string')) return value;
  throw bad(`${path.join('.')} is not a list of strings`);
}

function at(table: TomlTable, path: readonly string[]): TomlValue | undefined {
  let value: TomlValue | undefined = table;
  for (const key of path) value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

function trimSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

function bad(message: string, hint?: string, cause?: unknown): TsnctlError {
  return new TsnctlError('BAD_RUNTIME_CONFIG', message, {
    ...(hint && { hint }),
    ...(cause !== undefined && { cause }),
  });
}
