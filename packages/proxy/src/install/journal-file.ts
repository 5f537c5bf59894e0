import {
  copyFileSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno } from '@tsnctl/linux';
import { syncDirectory, withFile, writeAll } from '../files.ts';
import { type Journal, type JournalLine, journalLine, parseJournal } from './journal.ts';
import { hashFile } from './path-files.ts';

/** The journal of one node, on its disk: root's alone, and there before what it speaks of. */
export class JournalFile {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** What is written; undefined where there is none. @throws TsnctlError JOURNAL_UNREADABLE without the right */
  read(): Journal | undefined {
    try {
      return parseJournal(readFileSync(this.#file, 'utf8'));
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
      throw new TsnctlError('JOURNAL_UNREADABLE', `${this.#file} is root's alone`, {
        hint: 'sudo tsnctl ...',
        cause: error,
      });
    }
  }

  /** Make the directories. The one above has to be there: it is the node's. */
  prepare(): void {
    for (const path of [dirname(this.directory), this.directory, join(this.directory, 'kept')]) {
      if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    }
  }

  /** Keep a file's bytes under their hash, as long as the journal is there. */
  keep(path: string, sha256: string): void {
    const kept = this.kept(sha256);
    if (existsSync(kept) && hashFile(kept) === sha256) return;
    copyFileSync(path, kept);
    withFile(kept, 'r', (fd) => {
      fchmodSync(fd, 0o600); // its mode on the node is in the journal
      fsyncSync(fd);
    });
    syncDirectory(dirname(kept));
  }

  kept(sha256: string): string {
    return join(this.directory, 'kept', sha256);
  }

  /** On the disk when it returns. After a torn line it begins a new one. */
  write(line: JournalLine): void {
    withFile(this.#file, 'a+', (fd) => {
      const { size } = fstatSync(fd);
      const last = Buffer.alloc(1);
      if (size > 0) readSync(fd, last, 0, 1, size - 1);
      const torn = size > 0 && last[0] !== NEWLINE;
      writeAll(fd, Buffer.from(`${torn ? '\n' : ''}${journalLine(line)}`));
      fsyncSync(fd);
      if (size === 0) syncDirectory(this.directory);
    });
  }

  get #file(): string {
    return journalIn(this.directory);
  }
}

/** The journal itself, in its directory. */
export function journalIn(directory: string): string {
  return join(directory, 'journal.jsonl');
}

const NEWLINE = 0x0a;
