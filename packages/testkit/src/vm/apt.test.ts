import { expect, it } from 'vitest';
import { closure } from './apt.ts';

const packages: Record<string, string> = {
  'linux-image-amd64':
    'Version: 7.2-1\nDepends: linux-base-amd64 (= 7.2-1), linux-image-7.2-amd64 (= 7.2-1)\n',
  'linux-base-amd64': 'Version: 7.2-1\n',
  'linux-image-7.2-amd64':
    'Package: linux-image-7.2-amd64\nVersion: 7.2-1\nDepends: kmod, dracut | initramfs-tools (>= 0.120), linux-modules-7.2 (= 7.2-1)\n',
  'linux-modules-7.2': 'Version: 7.2-1\nDepends: linux-base-amd64 (= 7.2-1)\n',
};

it('closure takes what a package needs in exactly its own version, and nothing else', () => {
  expect(closure('linux-image-amd64', (name) => packages[name] ?? '')).toEqual(
    ['linux-image-amd64', 'linux-base-amd64', 'linux-image-7.2-amd64', 'linux-modules-7.2'].map((name) => ({
      name,
      version: '7.2-1',
    })),
  );
});

it('closure names a package that is gone', () => {
  expect(() => closure('linux-image-amd64', () => '')).toThrow('apt knows no package linux-image-amd64');
});
