import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TsnctlError } from '@tsnctl/codec';
import { releaseOf } from '@tsnctl/kubernetes';
import { commitImage } from './commit-image.ts';
import { type DebianPackage, debianRoot } from './debian-root.ts';
import { directorySize } from './directory-size.ts';
import { labels } from './labels.ts';
import { lockedModules } from './locked-modules.ts';
import { archiveLayout, readLayout } from './oci-layout.ts';
import { run } from './run.ts';
import { type Architecture, HOME, traits } from './settings.ts';
import { addSystemFiles } from './system-files.ts';

export interface ImageOptions {
  readonly arch: Architecture;
  /** Without the tag, which is the version. */
  readonly name: string;
  readonly say: (line: string) => void;
}

export interface BuiltImage {
  /** With its tag. */
  readonly name: string;
  readonly architecture: Architecture;
  readonly digest: string;
  /** In bytes, as it is pulled and as its files are. */
  readonly size: number;
  readonly unpackedSize: number;
  /** The bundle's: with a hash of its files. */
  readonly version: string;
  readonly archive: string;
  readonly packages: readonly DebianPackage[];
}

const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** Build the image into dist/. Twice from the same commit and the same packages it is the same, byte for byte. */
export function buildImage({ arch, name, say }: ImageOptions): BuiltImage {
  if (process.getuid?.() !== 0) {
    throw new TsnctlError('UNSUPPORTED', "the image's files belong to root, and you are not", {
      hint: 'sudo npm run image',
    });
  }
  const epoch = sourceDateEpoch();
  const work = mkdtempSync(join(tmpdir(), 'tsnctl-image-'));
  try {
    say(`image: libraries of Debian for ${arch}`);
    const debian = join(work, 'debian');
    const packages = debianRoot(debian, arch);
    const root = join(work, 'root');
    takeLibraries(debian, root);
    say('image: the bundle');
    const modules = lockedModules(checkout, arch);
    const version = addBundle(root, arch, modules.folder);
    addSystemFiles(root);
    say('image: the archive');
    const tag = releaseOf(version);
    const reference = `${name}:${tag}`;
    const facts = { version, revision: revision(), node: modules.node, epoch };
    const layout = commitImage({ work, root, arch, epoch, labels: labels(facts) });
    const archive = join(checkout, 'dist', `tsnctl-${tag}-${arch}.oci.tar`);
    mkdirSync(join(archive, '..'), { recursive: true });
    writeFileSync(archive, archiveLayout(layout, reference));
    return {
      name: reference,
      architecture: arch,
      ...readLayout(layout),
      unpackedSize: directorySize(root),
      version,
      archive: relative(process.cwd(), archive),
      packages,
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** All but what apt has left: its own settings, and the network of the machine that builds. */
function takeLibraries(debian: string, root: string): void {
  for (const directory of ['lib', 'lib64', 'usr', 'var/lib/dpkg/status.d']) {
    const from = join(debian, directory);
    if (existsSync(from)) cpSync(from, join(root, directory), { recursive: true, verbatimSymlinks: true });
  }
}

function addBundle(root: string, arch: Architecture, modules: string): string {
  const out = join(root, HOME);
  const { node } = traits[arch];
  // In the checkout: the bundler writes down from where its sources are, seen from here.
  run(process.execPath, ['packages/cni/client/build.mjs', '--arch', node], checkout);
  const options = ['--out', out, '--arch', node, '--modules', modules, '--with-node'];
  run(process.execPath, ['packages/tsnctl/bundle/build.mjs', ...options], checkout);
  return (JSON.parse(readFileSync(join(out, 'package.json'), 'utf8')) as { version: string }).version;
}

/** The date of all files and of the image: https://reproducible-builds.org/specs/source-date-epoch/ */
function sourceDateEpoch(): number {
  const said = process.env.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct');
  if (said !== undefined && /^\d{1,12}$/.test(said)) return Number(said);
  throw new TsnctlError(
    'USAGE',
    said === undefined
      ? 'this checkout has no history to date the image by'
      : `SOURCE_DATE_EPOCH is "${said}"`,
    { hint: 'SOURCE_DATE_EPOCH=$(date +%s) npm run image' },
  );
}

/** The commit; not with changes that are in none. */
function revision(): string | undefined {
  return git('status', '--porcelain') === '' ? git('rev-parse', 'HEAD') : undefined;
}

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: checkout, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
