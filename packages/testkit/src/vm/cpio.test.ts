import { expect, it } from 'vitest';
import { cpio, directory, file } from './cpio.ts';

// What `mkdir d; printf hello >f; chmod 640 f; printf 'd\nf\n' | cpio --format newc --owner 0:0 --create` says
// about them, but for inode, time and device.
it('writes the format "newc"', () => {
  const archive = cpio([directory('d'), file('f', 'hello', 0o640)]).toString('latin1');
  const zero = '0'.repeat(8);
  const record = (inode: number, mode: string, size: number, nameSize: number, rest: string) =>
    [
      ...['070701', inode.toString(16).padStart(8, '0'), mode, zero, zero, '00000001', zero],
      ...[size.toString(16).padStart(8, '0'), zero, zero, zero, zero],
      ...[nameSize.toString(16).padStart(8, '0'), zero, rest],
    ].join('');
  expect(archive).toBe(
    [
      record(1, '000041ed', 0, 2, 'd\0'),
      record(2, '000081a0', 5, 2, 'f\0hello\0\0\0'),
      record(3, '00000000', 0, 11, 'TRAILER!!!\0\0\0\0'),
    ].join(''),
  );
});

it('begins every header and every content at a multiple of four', () => {
  for (const name of ['a', 'ab', 'abc', 'abcd'])
    for (const data of ['', '1', '12', '123', '1234']) {
      const archive = cpio([file(name, data)]);
      expect(archive.length % 4).toBe(0);
      expect(archive.indexOf('070701', 6) % 4).toBe(0);
    }
});
