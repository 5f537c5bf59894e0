import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuiltImage } from '../../image/build-image.ts';
import { filesBelow } from '../../image/files-below.ts';
import { layersOf } from '../../image/oci-layout.ts';
import { CHECKOUT } from '../cli.ts';

/** `npm run image`; what it says. */
export function builtImage(...args: readonly string[]): BuiltImage {
  const script = [
    '-C',
    '@tsnctl/source',
    '--disable-warning=ExperimentalWarning',
    'packages/tsnctl/image/build.ts',
  ];
  const output = execFileSync(process.execPath, [...script, '-o', 'json', ...args], {
    cwd: CHECKOUT,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  return JSON.parse(output) as BuiltImage;
}

/** An image's files in a directory of their own. */
export class UnpackedImage implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'tsnctl-image-'));

  constructor({ archive }: BuiltImage) {
    const layout = mkdtempSync(join(tmpdir(), 'tsnctl-layout-'));
    try {
      execFileSync('tar', ['-xf', join(CHECKOUT, archive), '-C', layout]);
      for (const { digest } of layersOf(layout))
        execFileSync('tar', ['-xzf', join(layout, 'blobs', digest.replace(':', '/')), '-C', this.root]);
    } finally {
      rmSync(layout, { recursive: true });
    }
  }

  /** The paths of all files and links, without the first slash. */
  files(): string[] {
    return filesBelow(this.root)
      .map((path) => path.slice(this.root.length + 1))
      .sort();
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
