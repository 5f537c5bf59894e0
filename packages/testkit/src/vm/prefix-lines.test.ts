import { expect, it } from 'vitest';
import { prefixLines } from './prefix-lines.ts';

it('hands on whole lines, whatever the pieces are', () => {
  const written: string[] = [];
  const lines = prefixLines('6.1 | ', (text) => written.push(text));
  const bytes = Buffer.from('a\n✓ b\n\nend');
  for (const byte of bytes) lines.take(Uint8Array.of(byte));
  expect(written).toEqual(['6.1 | a\n', '6.1 | ✓ b\n', '6.1 | \n']);
  lines.end();
  lines.end();
  expect(written.slice(3)).toEqual(['6.1 | end\n']);
});
