import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Btf, codecFor, parseBtf } from '../src/index.ts';
import { asBpftool } from './as-bpftool.ts';

/** Every type of a file of /sys/kernel/btf is what bpftool says it is, and every struct and union has a codec. */
export function expectAsBpftool(name: string, base?: Btf): Btf {
  const file = `/sys/kernel/btf/${name}`;
  const btf = parseBtf(new Uint8Array(readFileSync(file)), base ? { base } : {});
  const shown = execFileSync('bpftool', ['btf', 'dump', 'file', file, 'format', 'raw'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const theirs = shown.trimEnd().split(/\n(?=\[)/);
  const first = (base?.count ?? 0) + 1;
  expect(theirs, file).toHaveLength(btf.count - first + 1);
  for (let id = first; id <= btf.count; id++) {
    // One by one, for what differs to be readable.
    const their = theirs[id - first];
    const our = asBpftool(btf, id);
    if (our !== their) expect(our, file).toBe(their);
    const type = btf.type(id);
    if (type.kind === 'struct' || type.kind === 'union') {
      if (codecFor(btf, id).size !== type.size) expect.fail(`${file}: a codec of another size: ${our}`);
    }
  }
  return btf;
}
