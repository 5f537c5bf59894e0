import { array, type SizedCodec } from '@tsnctl/codec';

/**
 * The values of one key of a per-CPU map, as bpf(2) takes and gives them: one for each possible CPU, each padded
 * to a multiple of 8 bytes, the padding zero.
 *
 *     const counters = perCpu(codecFor(btf, btf.find('counters', 'struct')), 4);
 *     encode(counters, Array(4).fill(decode(codecFor(btf, btf.find('counters')), new Uint8Array(32))));
 */
export function perCpu<T>(codec: SizedCodec<T>, cpus: number): SizedCodec<T[]> {
  return array(padded(codec), cpus);
}

function padded<T>(codec: SizedCodec<T>): SizedCodec<T> {
  const size = Math.ceil(codec.size / 8) * 8;
  return {
    size,
    align: 8,
    read: (reader) => {
      const value = codec.read(reader);
      reader.advance(size - codec.size);
      return value;
    },
    write: (writer, value) => {
      codec.write(writer, value);
      writer.advance(size - codec.size);
    },
  };
}
