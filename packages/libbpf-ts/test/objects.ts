import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** An object of this package's tests, out of testdata/NAME.hex: its first line says how it was compiled. */
export function testObject(name: 'shapes' | 'refused' | 'slow' | 'maps' | 'bench'): Uint8Array {
  const [, ...lines] = readFileSync(new URL(`../testdata/${name}.hex`, import.meta.url), 'utf8').split('\n');
  return Uint8Array.from(Buffer.from(lines.join(''), 'hex'));
}

/** An object of bpf/: `lab/injector`. */
export function productObject(name: string): Uint8Array {
  return readFileSync(fileURLToPath(import.meta.resolve(`@tsnctl/bpf/${name}.bpf.o`)));
}
