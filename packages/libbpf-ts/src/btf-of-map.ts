import { type Btf, parseBtf } from '@tsnctl/btf';
import { Fd } from '@tsnctl/linux';
import { btfInfo, idAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { objectInfo } from './info.ts';

/** The last few: each load of an object makes BTF with a new id. */
const known = new Map<number, Btf>();
const KEPT = 16;

/** The BTF that was loaded with a program or map, by its id. Ids are not used twice until the next boot. */
export function btfById(id: number): Btf {
  const btf = known.get(id) ?? parseBtf(readBtf(id));
  known.delete(id);
  known.set(id, btf);
  for (const oldest of known.keys()) if (known.size > KEPT) known.delete(oldest);
  return btf;
}

function readBtf(id: number): Uint8Array {
  using fd = new Fd(bpf('BTF_GET_FD_BY_ID', idAttr, { id, nextId: 0, openFlags: 0 }).result);
  const { btfSize } = objectInfo(fd.number, btfInfo);
  const btf = new Uint8Array(btfSize);
  objectInfo(fd.number, btfInfo, { btf, btfSize, id: 0, name: null, nameLen: 0, kernelBtf: 0 });
  return btf;
}
