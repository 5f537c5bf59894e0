import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { codecFor, parseBtf } from './index.ts';

const path = '/sys/kernel/btf/vmlinux';

describe("the running kernel's BTF", () => {
  it('has a codec for every struct and union', (context) => {
    if (!existsSync(path)) return context.skip(`${path} is missing: a kernel without CONFIG_DEBUG_INFO_BTF`);
    const btf = parseBtf(new Uint8Array(readFileSync(path)));
    expect(btf.type(btf.find('sk_buff', 'struct'))).toMatchObject({ kind: 'struct', name: 'sk_buff' });
    for (let id = 1; id <= btf.count; id++) {
      const type = btf.type(id);
      if (type.kind === 'struct' || type.kind === 'union') expect(codecFor(btf, id).size).toBe(type.size);
    }
  });
});
