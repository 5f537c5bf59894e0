import { type Btf, parseBtf } from '@tsnctl/btf';
import { encode } from '@tsnctl/codec';
import { addressOf, Fd } from '@tsnctl/linux';
import { btfInfo, idAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { objectInfo, objectInfoInto } from './info.ts';

const known = new Map<number, Btf>();

/** The BTF that was loaded with a program or map, by its id. Ids are not used twice until the next boot. */
export function btfById(id: number): Btf {
  const cached = known.get(id);
  if (cached) return cached;
  using fd = new Fd(bpf('BTF_GET_FD_BY_ID', idAttr, { id, nextId: 0, openFlags: 0 }).result);
  const { btfSize } = objectInfo(fd.number, btfInfo);
  const bytes = new Uint8Array(btfSize);
  const request = { btf: addressOf(bytes), btfSize, id: 0, name: 0n, nameLen: 0, kernelBtf: 0 };
  objectInfoInto(fd.number, encode(btfInfo, request), btfInfo);
  const btf = parseBtf(bytes);
  known.set(id, btf);
  return btf;
}
