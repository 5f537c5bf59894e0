import { randomUUID } from 'node:crypto';
import {
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChainStep } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno } from '@tsnctl/linux';
import { readIfThere, syncDirectory, withFile } from '../files.ts';

type StepOf<Kind extends ChainStep['kind']> = Extract<ChainStep, { kind: Kind }>;

/** Carry out one step in a runtime's configuration directory. @throws TsnctlError CHANGED_MEANWHILE */
export function performChainStep<Kind extends ChainStep['kind']>(
  directory: string,
  step: StepOf<Kind>,
): void {
  performers[step.kind as Kind](directory, step);
}

/** Take away what a writer that was killed has left. */
export function removeTemporaries(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith(TEMPORARY)) rmSync(join(directory, name), { force: true });
  }
}

/** No runtime reads a name that ends so, and none of a primary begins so. */
const TEMPORARY = '.tsnctl-';
const temporaryName = () => `${TEMPORARY}${randomUUID()}.tmp`;

const performers: { [Kind in ChainStep['kind']]: (directory: string, step: StepOf<Kind>) => void } = {
  'make-directory': (directory, { path, mode, uid, gid }) => {
    const made = join(directory, path);
    mkdirSync(made);
    withFile(made, 'r', (fd) => {
      fchmodSync(fd, mode); // as long as it is ours: afterwards it takes CAP_FOWNER
      fchownSync(fd, uid, gid);
    });
  },

  'write-file': (directory, step) => {
    const target = join(directory, step.path);
    const temporary = join(dirname(target), temporaryName());
    try {
      withFile(temporary, 'wx', (fd) => {
        fchmodSync(fd, step.mode); // as long as it is ours: afterwards it takes CAP_FOWNER
        fchownSync(fd, step.uid, step.gid);
        writeFileSync(fd, step.bytes);
        fsyncSync(fd);
      });
      expectPrevious(target, step);
      if (step.previous === undefined) linkSync(temporary, target);
      else renameSync(temporary, target);
    } catch (error) {
      throw isErrno(error, 'EEXIST') ? changedMeanwhile(step.path) : error;
    } finally {
      rmSync(temporary, { force: true });
    }
    syncDirectory(dirname(target));
  },

  'remove-file': (directory, step) => {
    const target = join(directory, step.path);
    expectPrevious(target, step);
    rmSync(target);
    syncDirectory(dirname(target));
  },

  'remove-directory': (directory, { path }) => {
    try {
      rmdirSync(join(directory, path));
    } catch (error) {
      if (!isErrno(error, 'ENOTEMPTY', 'ENOENT')) throw error; // somebody has put a file of theirs there
    }
  },

  reload: (directory) => {
    const temporary = join(directory, temporaryName());
    writeFileSync(temporary, '', { flag: 'wx', mode: 0o600 });
    rmSync(temporary);
  },
};

/** A primary that writes between our look and our step keeps what it wrote. */
function expectPrevious(
  target: string,
  { path, previous }: { path: string; previous: Uint8Array | undefined },
) {
  const found = readIfThere(target);
  const same = found === undefined || previous === undefined ? found === previous : found.equals(previous);
  if (!same) throw changedMeanwhile(path);
}

function changedMeanwhile(path: string): TsnctlError {
  return new TsnctlError('CHANGED_MEANWHILE', `${path} was changed by somebody else just now`, {
    hint: 'the same again: it looks at the directory anew',
  });
}
