import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@tsnctl/linux';
import { makeDirectory } from '../make-directory.ts';
import { writeWhole } from '../write-whole.ts';
import { type AttachmentRecord, isRecordName, readRecord, recordName, writeRecord } from './record.ts';

export const STATE_DIRECTORY = '/run/tsnctl/attachments';

/** The attachments that the agent answers for, one file each. One process at a time writes them. */
export class Records {
  readonly directory: string;

  constructor(directory: string = STATE_DIRECTORY) {
    this.directory = directory;
  }

  /** Make the directory, and take away what a write that was killed has left. */
  prepare(): void {
    makeDirectory(this.directory, 0o700);
    chmodSync(this.directory, 0o700);
    for (const name of readdirSync(this.directory)) {
      if (name.startsWith(TEMPORARY)) rmSync(join(this.directory, name), { force: true });
    }
  }

  read(containerId: string, ifname: string): AttachmentRecord | undefined {
    return this.#read(recordName(containerId, ifname));
  }

  /** Whole or not at all, also where the writer is killed. */
  write(record: AttachmentRecord): void {
    const name = recordName(record.containerId, record.ifname);
    const temporary = join(this.directory, `${TEMPORARY}${process.pid}`);
    writeWhole(join(this.directory, name), temporary, writeRecord(record));
  }

  remove({ containerId, ifname }: { containerId: string; ifname: string }): void {
    rmSync(join(this.directory, recordName(containerId, ifname)), { force: true });
  }

  list(): AttachmentRecord[] {
    return this.#names().flatMap((name) => this.#read(name) ?? []);
  }

  /** Files that are no records, though they are named so: removed. Their names. */
  removeBroken(): string[] {
    const broken = this.#names().filter((name) => this.#read(name) === undefined);
    for (const name of broken) rmSync(join(this.directory, name), { force: true });
    return broken;
  }

  #names(): string[] {
    try {
      return readdirSync(this.directory).filter(isRecordName).sort();
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  #read(name: string): AttachmentRecord | undefined {
    try {
      return readRecord(readFileSync(join(this.directory, name), 'utf8'));
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENAMETOOLONG')) return undefined;
      throw error;
    }
  }
}

const TEMPORARY = '.tmp-';
