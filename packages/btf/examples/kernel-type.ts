// A type of the running kernel, and of one of its modules where it is loaded.
import { existsSync, readFileSync } from 'node:fs';
import { parseBtf } from '@tsnctl/btf';

const read = (name: string) => new Uint8Array(readFileSync(`/sys/kernel/btf/${name}`));
const vmlinux = parseBtf(read('vmlinux'));
const type = vmlinux.type(vmlinux.find('list_head', 'struct'));
if (type.kind === 'struct')
  console.log(type.members.map(({ name, bitOffset }) => `${name} at bit ${bitOffset}`));

if (existsSync('/sys/kernel/btf/veth')) {
  const veth = parseBtf(read('veth'), { base: vmlinux });
  console.log(`veth has ${veth.count - vmlinux.count} types of its own`);
}
