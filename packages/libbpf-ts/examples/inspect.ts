// Look at what others have loaded: the maps of this machine, and the first entry of each hash map.
import { BpfMap, listMaps } from 'libbpf-ts';

for (const { id, name, type } of listMaps()) {
  if (!type.endsWith('hash')) continue;
  try {
    using map = BpfMap.fromId(id);
    const [first] = map.entries().take(1);
    console.log(`${id} ${type} ${name}, ${map.bytesBecause ?? 'by BTF'}:`, first ?? 'empty');
  } catch (error) {
    console.log(`${id} ${type} ${name}:`, (error as Error).message); // it has gone meanwhile, say
  }
}
