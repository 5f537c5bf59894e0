import { expect, it } from 'vitest';
import { decodeRecord, encodeRecord, recordBytes, type TalkerRecord } from './record.ts';

const record: TalkerRecord = {
  flow: 0xfedcba98,
  seq: 2,
  priority: 5,
  launchTimeNs: 0x0102030405060708n,
  clock: 'tai',
};

// Written by hand after the layout that record.ts begins with.
const wire = Buffer.from(
  '3154534e 98badcfe 02000000 05000000 0807060504030201 02000000'.replaceAll(' ', '').padEnd(128, '0'),
  'hex',
);

it('lays a record out in 64 little-endian bytes', () => {
  const bytes = Buffer.alloc(recordBytes, 0xff);
  encodeRecord(record, bytes);
  expect(bytes.toString('hex')).toBe(wire.toString('hex'));
});

it('reads it back, whatever follows', () => {
  expect(decodeRecord(wire)).toEqual(record);
  expect(decodeRecord(Buffer.concat([wire, Buffer.from('more')]))).toEqual(record);
});

it('writes no launch time as 0 of no clock', () => {
  const bytes = Buffer.alloc(recordBytes);
  encodeRecord({ ...record, launchTimeNs: 0n, clock: 'none' }, bytes);
  expect(bytes.subarray(16, 28)).toEqual(Buffer.alloc(12));
  expect(decodeRecord(bytes)).toMatchObject({ launchTimeNs: 0n, clock: 'none' });
});

it('takes nothing else for a record', () => {
  const otherMagic = Buffer.from(wire).fill(0, 0, 1);
  const unknownClock = Buffer.from(wire).fill(3, 24, 25);
  for (const bytes of [Buffer.alloc(0), wire.subarray(1), wire.subarray(0, 63), otherMagic, unknownClock]) {
    expect(decodeRecord(bytes)).toBeUndefined();
  }
});

it('answers any bytes with a record or undefined', () => {
  let state = 1; // xorshift32: the same bytes in every run
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  };
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(Array.from({ length: random() % 80 }, random));
    if (round % 2 === 0) wire.copy(bytes, 0, 0, 4);
    const decoded = decodeRecord(bytes);
    if (decoded === undefined) continue;
    const again = Buffer.alloc(recordBytes);
    encodeRecord(decoded, again);
    expect(again.subarray(0, 28)).toEqual(bytes.subarray(0, 28));
  }
});
