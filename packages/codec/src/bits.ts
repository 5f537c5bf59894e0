import { CodecError } from './error.ts';
import type { SizedCodec } from './integer.ts';
import { show } from './show.ts';

/**
 * A bit-field: `width` bits (1 to 64) that begin `shift` bits into its bytes, counted as the C compiler does
 * (from the lowest bit in little endian, from the highest in big endian). A number up to 32 bits, else a bigint.
 * Writing sets only its own bits, so that fields of one layout can share bytes.
 */
export function bits(shift: number, width: number, signed = false): SizedCodec<number | bigint> {
  if (width < 1 || width > 64 || shift < 0)
    throw new CodecError('', `no bit-field of ${width} bits at bit ${shift}`);
  const size = Math.ceil((shift + width) / 8);
  const low = (little: boolean) => BigInt(little ? shift : size * 8 - shift - width);
  const min = signed ? -(1n << BigInt(width - 1)) : 0n;
  const max = signed ? -min - 1n : (1n << BigInt(width)) - 1n;
  return {
    size,
    align: 1,
    read: (reader) => {
      const start = reader.advance(size);
      const raw = BigInt.asUintN(
        width,
        load(reader.view, start, size, reader.littleEndian) >> low(reader.littleEndian),
      );
      const value = signed ? BigInt.asIntN(width, raw) : raw;
      return width > 32 ? value : Number(value);
    },
    write: (writer, value) => {
      const fits = width > 32 ? typeof value === 'bigint' : Number.isInteger(value);
      if (!fits || value < min || value > max) {
        writer.fail(`${show(value)} is not ${width > 32 ? 'a bigint' : 'an integer'} from ${min} to ${max}`);
      }
      const start = writer.advance(size);
      const { view, littleEndian } = writer;
      const field = BigInt.asUintN(width, BigInt(value)) << low(littleEndian);
      store(view, start, size, littleEndian, load(view, start, size, littleEndian) | field);
    },
  };
}

function load(view: DataView, start: number, size: number, little: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < size; i++)
    value = (value << 8n) | BigInt(view.getUint8(start + (little ? size - 1 - i : i)));
  return value;
}

function store(view: DataView, start: number, size: number, little: boolean, value: bigint): void {
  for (let i = 0; i < size; i++) {
    const byte = Number((value >> BigInt(8 * (little ? i : size - 1 - i))) & 0xffn);
    view.setUint8(start + i, byte);
  }
}
