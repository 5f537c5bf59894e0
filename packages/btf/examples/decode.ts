// Types out of a compiled object, and a codec for one of them.
import { readFileSync } from 'node:fs';
import { btfFromElf, codecFor, readerFor } from '@tsnctl/btf';
import { decode, encode } from '@tsnctl/codec';

const [, , file = 'types.o'] = process.argv;
const btf = btfFromElf(new Uint8Array(readFileSync(file)));
const point = codecFor(btf, btf.find('point', 'struct'));

const bytes = encode(point, { x: -1, y: 2 });
console.log(bytes.length, decode(point, bytes));

// For many values: code that is made for the type.
const read = readerFor(btf, btf.find('point', 'struct'));
console.log(read(new DataView(bytes.buffer, bytes.byteOffset), 0));
