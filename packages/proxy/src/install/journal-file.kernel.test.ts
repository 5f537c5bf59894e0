import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unmount } from '@tsnctl/linux';
import { requires } from '@tsnctl/testkit';
import { expect, it } from 'vitest';
import { JournalFile } from './journal-file.ts';

const PAGE = 4096;

it('a line of which the disk takes a part alone is refused, and nothing else is lost', (ctx) => {
  requires(ctx, { root: true });
  const disk = mkdtempSync(join(tmpdir(), 'tsnctl-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${16 * PAGE}`, 'tmpfs', disk]);
  try {
    const journal = new JournalFile(join(disk, 'state/journal'));
    journal.prepare();
    const plan = {
      id: 1,
      verb: 'install',
      version: '',
      boot: '',
      at: '',
      attachments: 0,
      steps: [],
    } as const;
    journal.write({ plan });
    writeFileSync(join(disk, 'filler'), Buffer.alloc(15 * PAGE)); // what is left is the rest of the journal's page
    expect(() => journal.write({ plan: { ...plan, id: 2, version: 'x'.repeat(2 * PAGE) } })).toThrow(
      expect.objectContaining({ code: 'ENOSPC' }),
    );
    rmSync(join(disk, 'filler'));
    journal.write({ end: 1, how: 'done' });
    const read = journal.read();
    expect(read?.plans.map(({ id }) => id)).toEqual([1]);
    expect([read?.ends.get(1), read?.torn]).toEqual(['done', 1]);
  } finally {
    unmount(disk);
    rmdirSync(disk);
  }
});
