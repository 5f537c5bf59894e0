import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { missing } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import type { BuiltImage } from '../image/build-image.ts';
import { builtImage, UnpackedImage } from '../test/image/built-image.ts';

const images = new Map<string, BuiltImage>();
const why = missing({ root: true, programs: ['mmdebstrap', 'buildah', 'qemu-aarch64-static'] });
beforeEach((ctx) => {
  if (why) ctx.skip(why);
});

it.each([
  { arch: 'amd64', start: (root: string, name = 'tsnctl') => ['chroot', root, `/usr/bin/${name}`] },
  {
    arch: 'arm64',
    start: (root: string, name = 'tsnctl') => [
      'qemu-aarch64-static',
      ...[
        '-L',
        root,
        join(root, 'opt/tsnctl/bin/node'),
        join(root, `opt/tsnctl/lib/${name === 'tsnctl' ? 'main' : 'kubectl'}.js`),
      ],
    ],
  },
])('for $arch: programs, their libraries, licences, and no shell', ({ arch, start }) => {
  const image = builtImage('--arch', arch);
  images.set(arch, image);
  expect(image).toMatchObject({ architecture: arch, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
  using unpacked = new UnpackedImage(image);
  const files = unpacked.files();
  const programs = files.filter((path) => /^(usr\/)?s?bin\//.test(path));
  expect(programs.toSorted()).toEqual(['usr/bin/kubectl-tsnctl', 'usr/bin/tsnctl']);
  expect(files).toEqual(
    expect.arrayContaining(['opt/tsnctl/cni/tsnctl', 'usr/share/doc/libbpf1/copyright', 'etc/os-release']),
  );
  expect(image.packages.map(({ name }) => `var/lib/dpkg/status.d/${name}`)).toEqual(
    files.filter((path) => path.startsWith('var/lib/')),
  );
  expect(image.unpackedSize).toBeLessThan(150e6);
  const run = (name: 'tsnctl' | 'kubectl-tsnctl', option: string) => {
    const [program = '', ...args] = start(unpacked.root, name);
    const { stdout, stderr, status } = spawnSync(program, [...args, option], { encoding: 'utf8' });
    return { stdout, stderr, status };
  };
  const said = { stdout: `${image.version}\n`, stderr: '', status: 0 };
  expect(run('tsnctl', '--version')).toEqual(said);
  expect(run('kubectl-tsnctl', '--version')).toEqual(said);
  const noCluster = 'tsnctl: there is no kubeconfig, and this is no pod';
  expect(run('kubectl-tsnctl', 'status')).toMatchObject({
    stderr: expect.stringContaining(noCluster),
    status: 1,
  });
});

it('is the same, byte for byte, when it is built again', () => {
  expect(builtImage('--arch', 'arm64')).toEqual(images.get('arm64'));
});
