import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeName } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { findRuntime } from '../chain/find-runtime.ts';
import { chainEntry } from '../config/chain-entry.ts';
import { parseConfig, readText } from '../config/read-config.ts';
import type { Config } from '../config/schema.ts';
import { readBundle } from './bundle.ts';
import type { DesiredNode, InstallPaths } from './model.ts';
import { hashFile } from './path-files.ts';
import { installPaths } from './paths.ts';

export interface DesireOptions {
  readonly root: string;
  /** The folder of the bundle that is installed. */
  readonly bundle: string;
  /** A path of the node's: pointed to. Nothing: the Node that runs this is copied. `keep`: left as it is. */
  readonly node?: string;
  /** The configuration for a node that has none. */
  readonly config: { readonly text: string; readonly file: string };
  readonly confDir?: string;
  readonly binDir?: string;
  readonly runtime?: RuntimeName;
  readonly unit?: boolean;
  readonly readyTimeoutMs: number;
}

/** What a node shall have, by its own configuration and its runtime's. @throws TsnctlError, DocumentError */
export function desiredNode(options: DesireOptions): DesiredNode & { readonly settings: Config } {
  const { root, bundle: from, unit = true, readyTimeoutMs } = options;
  const bundle = readBundle(from);
  requireArch(bundle.arch);
  const runtime = findRuntime({ root, ...(options.runtime && { name: options.runtime }) });
  const paths = installPaths(options.binDir ?? runtime.binDirs[0]);
  const settings = readSettings(root, paths, options.config);
  const { chain } = settings;
  const entry = chainEntry(settings);
  const named =
    options.confDir ?? (chain === 'never' || chain.directory === 'auto' ? undefined : chain.directory);
  const traits = {
    name: runtime.name,
    dropIns: chain !== 'never' && chain.dropIns,
    defaultNetwork: runtime.defaultNetwork,
    maxConfNum: runtime.maxConfNum,
  };
  return {
    bundle,
    from,
    ...(options.node !== 'keep' && {
      node:
        options.node === undefined
          ? { copyOf: realpathSync(process.execPath), sha256: hashFile(process.execPath) }
          : { link: options.node },
    }),
    paths,
    owner: { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 },
    config: options.config.text,
    unit: unit && existsSync(join(root, '/etc/systemd/system')),
    ...(entry && { chain: { directory: named ?? runtime.confDir, runtime: traits, entry } }),
    readyTimeoutMs,
    settings,
  };
}

/** The node's own configuration, if it has one. */
function readSettings(root: string, { config: path }: InstallPaths, given: DesireOptions['config']): Config {
  const present = join(root, path);
  // lstat and not existsSync: what is hidden from whoever looks is there all the same.
  const isThere = lstatSync(present, { throwIfNoEntry: false }) !== undefined;
  return isThere ? parseConfig(readText(present), present) : parseConfig(given.text, given.file);
}

function requireArch(arch: string): void {
  if (arch === process.arch) return;
  throw new TsnctlError('UNSUPPORTED', `this bundle is for ${arch}, and this machine is ${process.arch}`, {
    hint: `npm run build on a machine that is ${process.arch}`,
  });
}
