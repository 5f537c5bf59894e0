import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ociArchive } from './oci-archive.ts';

/** The image of every container of a test: busybox, and the sender in C as /bin/talker. */
export const POD_IMAGE = 'tsnctl.test/pod:1';
/** The same again, for what holds a pod's namespaces. */
export const SANDBOX_IMAGE = 'tsnctl.test/sandbox:1';

const TALKER = fileURLToPath(new URL('../../../../examples/talker/c/talker.c', import.meta.url));
const APPLETS = ['sh', 'sleep', 'cat', 'id', 'ip', 'ls', 'nc', 'ping', 'true', 'wget'];

/** The archive for `ctr images import`: made of Debian's busybox-static and of our talker, with both names. */
export function podImage(): Buffer {
  archive ??= ociArchive({
    names: [POD_IMAGE, SANDBOX_IMAGE],
    command: ['/bin/sleep', '2147483647'],
    files: [
      ...['bin', 'etc', 'proc', 'sys', 'dev'].map((path) => ({ path, directory: true as const })),
      { path: 'bin/busybox', mode: 0o755, content: readFileSync('/bin/busybox') },
      ...APPLETS.map((applet) => ({ path: `bin/${applet}`, linkTo: 'busybox' })),
      { path: 'bin/talker', mode: 0o755, content: compileTalker() },
      {
        path: 'etc/passwd',
        content: Buffer.from('root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n'),
      },
    ],
  });
  return archive;
}

let archive: Buffer | undefined;

/** Static: there is no libc in the image. */
function compileTalker(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), `tsnctl-image-${process.pid}-`));
  try {
    const binary = join(directory, 'talker');
    execFileSync('cc', ['-O1', '-static', '-o', binary, TALKER], { stdio: 'pipe' });
    return readFileSync(binary);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
