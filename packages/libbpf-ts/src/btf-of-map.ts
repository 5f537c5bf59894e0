import { readFileSync } from 'node:fs';
import { type Btf, parseBtf } from '@tsnctl/btf';
import { TsnctlError } from '@tsnctl/codec';
import { Fd, isErrno } from '@tsnctl/linux';
import { btfInfo, idAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { objectInfo } from './info.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';

/** The last few: each load of an object makes BTF with a new id. */
const known = new Map<number, Btf>();
const KEPT = 16;
let vmlinux: Btf | undefined;

/** The BTF that was loaded with a program or map, by its id. Ids are not used twice until the next boot. */
export function btfById(id: number): Btf {
  const btf = known.get(id) ?? readBtf(id);
  known.delete(id);
  known.set(id, btf);
  for (const oldest of known.keys()) if (known.size > KEPT) known.delete(oldest);
  return btf;
}

/**
 * The types of the running kernel, read once; some 30 ms, and 5 MB are kept.
 *
 *     const btf = vmlinuxBtf();
 *     const skb = btf.type(btf.find('sk_buff', 'struct'));
 *
 * @throws TsnctlError NO_BTF where the kernel was built without
 */
export function vmlinuxBtf(): Btf {
  vmlinux ??= readVmlinux();
  return vmlinux;
}

function readVmlinux(): Btf {
  try {
    return parseBtf(new Uint8Array(readFileSync(VMLINUX)));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new TsnctlError('NO_BTF', `${VMLINUX} is missing`, {
      hint: 'a kernel with CONFIG_DEBUG_INFO_BTF=y, as the distributions build theirs',
      cause: error,
    });
  }
}

function readBtf(id: number): Btf {
  using fd = new Fd(bpf('BTF_GET_FD_BY_ID', idAttr, { id, nextId: 0, openFlags: 0 }).result);
  const { btfSize, kernelBtf, nameLen } = objectInfo(fd.number, btfInfo);
  const btf = new Uint8Array(btfSize);
  objectInfo(fd.number, btfInfo, { btf, btfSize, id: 0, name: null, nameLen: 0, kernelBtf: 0 });
  // The kernel's own is called vmlinux; all others of the kernel's are modules, which build on it.
  const isModule = kernelBtf !== 0 && nameLen !== 'vmlinux'.length;
  return isModule ? parseBtf(btf, { base: vmlinuxBtf() }) : parseBtf(btf);
}
