import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { virtualMachine } from '@tsnctl/testkit';
import { expect, it } from 'vitest';
import { expectAsBpftool } from '../test/expect-as-bpftool.ts';
import { parseBtf } from './index.ts';

/** Some with types of their own, and some that build on each other's. */
const MODULES = [
  'veth',
  'bridge',
  'sch_taprio',
  'sch_etf',
  'sch_mqprio',
  'vxlan',
  'wireguard',
  'bonding',
  'nf_tables',
];

it("reads this kernel's BTF and that of its modules as bpftool does", () => {
  execFileSync('modprobe', ['-a', ...MODULES]);
  // All types of the kernel take long in a virtual machine; those of its modules are read by them.
  const vmlinux =
    virtualMachine()?.set === 'full'
      ? expectAsBpftool('vmlinux')
      : parseBtf(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')));
  const modules = readdirSync('/sys/kernel/btf').filter((name) => name !== 'vmlinux');
  expect(modules).toEqual(expect.arrayContaining(['sch_taprio', 'sch_etf', 'wireguard']));
  for (const name of modules) expectAsBpftool(name, vmlinux);
});
