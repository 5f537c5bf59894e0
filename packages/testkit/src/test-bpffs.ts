import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mount, unmount } from '@tsnctl/linux';

/** A BPF file system of a test's own at `path`; /sys/fs/bpf is left alone. */
export interface TestBpffs extends Disposable {
  readonly path: string;
}

/** Mounted in a temporary directory named tsnctl-test-PID-..., until disposed. */
export function testBpffs(): TestBpffs {
  const resources = new DisposableStack();
  const path = resources.adopt(mkdtempSync(join(tmpdir(), `tsnctl-test-${process.pid}-`)), rmdirSync);
  mount('bpf', path, { type: 'bpf' });
  resources.defer(() => unmount(path, { lazy: true }));
  return { path, [Symbol.dispose]: () => resources.dispose() };
}
