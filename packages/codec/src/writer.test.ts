import { expect, it } from 'vitest';
import { u8, u16 } from './integer.ts';
import { Writer } from './writer.ts';

it('writes into a buffer of the caller, again and again', () => {
  const bytes = new Uint8Array(8).fill(9);
  const writer = new Writer('little', bytes.subarray(2, 6));
  for (const value of [0xffff, 7]) {
    writer.reset();
    writer.advance(1);
    u16.write(writer, value);
  }
  expect([...bytes]).toEqual([9, 9, 0, 7, 0, 0, 9, 9]);
});

it('does not write past a buffer of the caller, and begins anew after that', () => {
  const writer = new Writer('little', new Uint8Array(2));
  expect(() => writer.field('far', u16, 1)).not.toThrow();
  expect(() => writer.field('farther', u8, 1)).toThrow('farther: needs 3 bytes, the buffer has 2');
  writer.reset();
  expect(() => writer.fail('no')).toThrow(expect.objectContaining({ path: '', message: 'no' }));
});
