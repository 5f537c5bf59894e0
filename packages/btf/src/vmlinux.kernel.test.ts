import { existsSync, readdirSync } from 'node:fs';
import { requires } from '@tsnctl/testkit';
import { describe, expect, it } from 'vitest';
import { expectAsBpftool } from '../test/expect-as-bpftool.ts';

const folder = '/sys/kernel/btf';

describe("the running kernel's BTF, and its modules'", () => {
  it('is what bpftool says it is', (context) => {
    requires(context, { programs: ['bpftool'] });
    if (!existsSync(folder))
      return context.skip(`${folder} is missing: a kernel without CONFIG_DEBUG_INFO_BTF`);
    const vmlinux = expectAsBpftool('vmlinux');
    expect(vmlinux.type(vmlinux.find('sk_buff', 'struct'))).toMatchObject({
      kind: 'struct',
      name: 'sk_buff',
    });
    for (const name of readdirSync(folder)) if (name !== 'vmlinux') expectAsBpftool(name, vmlinux);
  });
});
