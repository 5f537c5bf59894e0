import { join } from 'node:path';
import { run } from './run.ts';
import { type Architecture, ENTRYPOINT, ENVIRONMENT } from './settings.ts';

export interface Commit {
  /** Where buildah may keep what it needs; the layout is made there, too. */
  readonly work: string;
  /** All files of the image. */
  readonly root: string;
  readonly arch: Architecture;
  readonly epoch: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** An image of one layer by buildah, with a store of its own; the directory of its OCI layout. Nothing runs in it. */
export function commitImage({ work, root, arch, epoch, labels }: Commit): string {
  const layout = join(work, 'layout');
  const buildah = (...args: string[]) =>
    run('buildah', [
      ...['--root', join(work, 'store'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs'],
      ...args,
    ]).trim();
  const container = buildah('from', '--arch', arch, 'scratch');
  buildah('copy', '--quiet', container, root, '/');
  buildah(
    'config',
    ...['--os', 'linux', '--arch', arch, '--user', '0:0', '--workingdir', '/', '--stop-signal', 'SIGTERM'],
    ...['--entrypoint', JSON.stringify(ENTRYPOINT), '--cmd', ''],
    ...Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    container,
  );
  buildah(
    'commit',
    ...['--quiet', '--format', 'oci', '--timestamp', `${epoch}`, '--disable-compression=false'],
    ...['--omit-history', '--identity-label=false', container, `oci:${layout}:image`],
  );
  return layout;
}
