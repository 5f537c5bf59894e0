import { join } from 'node:path';
import { DEFAULT_DIRS, type RuntimeName, type RuntimeTraits } from '@tsnctl/cni';
import { findRuntime } from '@tsnctl/proxy';
import { type Command, Option } from 'commander';

export interface RuntimeOptions {
  confDir?: string;
  hostRoot?: string;
  runtime?: RuntimeName;
  dropIns?: boolean;
}

/** The runtime that a command is about. */
export interface RuntimePlace {
  readonly confDir: string;
  readonly binDirs: readonly string[];
  readonly traits: RuntimeTraits;
  /** The file that names the directory; null where it is named here, or by nobody. */
  readonly saidBy: string | null;
}

/** The directory that is named, or the one that the runtime's own configuration names. @throws TsnctlError */
export function runtimePlace({
  confDir,
  hostRoot = '/',
  runtime,
  dropIns = false,
}: RuntimeOptions): RuntimePlace {
  if (confDir !== undefined) {
    const traits = { name: runtime ?? 'containerd', dropIns } as const;
    return { confDir, binDirs: DEFAULT_DIRS.binDirs, traits, saidBy: null };
  }
  const found = findRuntime({ root: hostRoot, ...(runtime !== undefined && { name: runtime }) });
  const { name, defaultNetwork, maxConfNum, saidBy, files } = found;
  return {
    confDir: join(hostRoot, found.confDir),
    binDirs: found.binDirs.map((directory) => join(hostRoot, directory)),
    traits: { name, dropIns, defaultNetwork, maxConfNum },
    saidBy: saidBy ?? files[0] ?? null,
  };
}

/** A directory, and who says that it is the one. */
export function describeDirectory({ confDir, saidBy }: Pick<RuntimePlace, 'confDir' | 'saidBy'>): string {
  return saidBy === null ? confDir : `${confDir} (${saidBy})`;
}

/** Options of what is about a runtime's directory. */
export function withRuntime(command: Command): Command {
  return withTraits(withDirectory(command));
}

export function withDirectory(command: Command): Command {
  return command.option(
    '--conf-dir <directory>',
    "the runtime's network configurations (default: as the runtime's own configuration says)",
  );
}

export function withTraits(command: Command): Command {
  return withHost(command).option(
    '--drop-ins',
    'the runtime has drop-ins: containerd 2.1, CRI-O 1.33 or newer',
  );
}

export function withHost(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--runtime <name>',
        'whose rules hold for what is picked (default: the one whose configuration is here, or containerd)',
      ).choices(['containerd', 'cri-o']),
    )
    .option('--host-root <directory>', "where the node's files are, in a container: /host (default: /)");
}
