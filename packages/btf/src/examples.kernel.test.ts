import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runExample } from '../../libbpf-ts/test/run-example.ts';
import { testdata } from '../test/testdata.ts';

const run = (name: string) =>
  runExample(new URL(`../examples/${name}.ts`, import.meta.url), testdata('types.bpfel.o'));

it('the example decode does what it says', () => {
  expect(run('decode')).toBe('8 { x: -1, y: 2 }\n{ x: -1, y: 2 }\n');
});

it('the example kernel-type does what it says', (ctx) => {
  if (!existsSync('/sys/kernel/btf/vmlinux')) return ctx.skip('a kernel without CONFIG_DEBUG_INFO_BTF');
  expect(run('kernel-type')).toMatch(
    /^\[ 'next at bit 0', 'prev at bit 64' \]\n(veth has \d+ types of its own\n)?$/,
  );
});
