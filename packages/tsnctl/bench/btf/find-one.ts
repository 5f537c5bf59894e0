// Prints how many milliseconds it takes to find one type and to make its codec, without the start of the process.
import { readFileSync } from 'node:fs';
import { codecFor, parseBtf } from '@tsnctl/btf';

const before = performance.now();
const btf = parseBtf(new Uint8Array(readFileSync(process.argv[2] ?? '')));
const { size } = codecFor(btf, btf.find('sk_buff', 'struct'));
const took = performance.now() - before;
if (size === 0) throw new Error('struct sk_buff has no size');
console.log(took);
