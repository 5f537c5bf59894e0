import { decode } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { testHostileInput } from '../../codec/test/hostile.ts';
import { array, btfOf, int, struct, typedef } from '../test/by-hand.ts';
import * as btf from '../test/targets.ts';
import { codecFor, parseBtf } from './index.ts';

testHostileInput(btf);

describe('BTF made to take for ever', () => {
  it('typedefs that go round in a circle', () => {
    const btf = parseBtf(btfOf([typedef(2), typedef(3), typedef(1)]));
    expect(() => codecFor(btf, 1)).toThrow('type 1 is 64 names away from what it is, or defined by itself');
  });

  it('an array of itself, and a struct of itself', () => {
    expect(() => codecFor(parseBtf(btfOf([array(1, 1)])), 1)).toThrow('contains itself');
    expect(() => codecFor(parseBtf(btfOf([struct(4, [1])])), 1)).toThrow('contains itself');
  });

  it('sizes that nobody has', () => {
    const u32 = int(4);
    expect(() => codecFor(parseBtf(btfOf([u32, array(1, 0xffff_ffff)])), 2)).toThrow('has 17179869180 bytes');
    expect(() => codecFor(parseBtf(btfOf([struct(0xffff_ffff, [])])), 1)).toThrow('has 4294967295 bytes');
    expect(() => codecFor(parseBtf(btfOf([struct(0, []), array(1, 0xffff_ffff)])), 2)).toThrow('fields');
    expect(() => codecFor(parseBtf(btfOf([struct(4, []), struct(2, [1])])), 2)).toThrow(
      'goes past the 2 bytes',
    );
  });

  it('many members of many members of nothing', () => {
    const levels = Array.from({ length: 20 }, (_, i) =>
      struct(0, new Array<number>(2000).fill(Math.max(i, 1))),
    );
    levels[0] = struct(0, []);
    expect(() => codecFor(parseBtf(btfOf(levels)), 20)).toThrow('fields; up to 524288 are supported');
  });

  // From an input of a hundred bytes: unbounded, seconds and a gigabyte.
  it.each([
    ['structs of nothing', [struct(0, []), array(1, 1 << 23)], 2, 8_388_609],
    ['arrays of nothing', [struct(0, []), array(1, 1), array(2, 1 << 18)], 3, 524_289],
    ['numbers', [int(8), array(1, 1 << 19)], 2, 524_289],
  ])('an array of %s', (_, types, id, fields) => {
    expect(() => codecFor(parseBtf(btfOf(types)), id)).toThrow(
      expect.objectContaining({
        code: 'BTF',
        message: `a type has ${fields} fields; up to 524288 are supported`,
      }),
    );
  });

  it('no more values than that come of nothing', () => {
    const nothing = codecFor(parseBtf(btfOf([struct(0, []), array(1, (1 << 19) - 1)])), 2);
    expect(decode(nothing, new Uint8Array())).toHaveLength((1 << 19) - 1);
  });
});
