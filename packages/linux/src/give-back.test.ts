import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fileMappings } from './give-back.ts';

const rest = (rssKb: number, anonymousKb: number) =>
  `Size:              4096 kB\nRss:               ${rssKb} kB\nPss:                 10 kB\nAnonymous:         ${anonymousKb} kB\n`;

describe('fileMappings', () => {
  it('are those whose pages are all as in their file', () => {
    const smaps = [
      `00400000-00800000 r-xp 00000000 fe:00 4321                       /usr/bin/node\n${rest(4096, 0)}`,
      `00800000-00900000 r--p 00400000 fe:00 4321                       /usr/bin/node\n${rest(64, 0)}`,
    ].join('');
    expect(fileMappings(smaps)).toEqual([
      { address: 0x400000n, length: 0x400000, residentKb: 4096 },
      { address: 0x800000n, length: 0x100000, residentKb: 64 },
    ]);
  });

  it.each([
    ['was relocated', `00400000-00800000 r--p 00000000 fe:00 4321    /usr/bin/node\n${rest(4096, 8)}`],
    ['can be written to', `00400000-00800000 rw-p 00000000 fe:00 4321    /usr/bin/node\n${rest(4096, 0)}`],
    ['is shared', `00400000-00800000 r--s 00000000 fe:00 4321    /usr/bin/node\n${rest(4096, 0)}`],
    ['is of no file', `7ffc0000-7ffd0000 r-xp 00000000 00:00 0    [vdso]\n${rest(8, 0)}`],
    ['nothing was read of', `00400000-00800000 r-xp 00000000 fe:00 4321    /usr/bin/node\n${rest(0, 0)}`],
    ['is cut off', '00400000-00800000 r-xp 00000000 fe:00 4321    /usr/bin/node\nSize: 4096 kB\n'],
  ])('leave out what %s', (_, smaps) => {
    expect(fileMappings(smaps)).toEqual([]);
  });
});

describe('giveBack', () => {
  it('leaves less of the program resident, and the process works', () => {
    const program = `
      import { readFileSync } from 'node:fs';
      import { giveBack } from ${JSON.stringify(new URL('./give-back.ts', import.meta.url).href)};
      const fileKb = () => Number(/^RssFile:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      const before = fileKb();
      giveBack();
      const after = fileKb();
      console.log(JSON.stringify({ before, after, sum: [...Array(1e5).keys()].reduce((a, b) => a + b) }));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    const { before, after, sum } = JSON.parse(out);
    expect(after).toBeLessThan(before * 0.9);
    expect(sum).toBe(4_999_950_000);
  });
});
