import { SystemError } from '@tsnctl/linux';
import koffi from 'koffi';

const PROT_READ_WRITE = 3; // asm-generic/mman-common.h
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

const libc = koffi.load('libc.so.6');
const mmap = libc.func(
  'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
);
const munmap = libc.func('int munmap(void *address, size_t length)');

/** A map's values in this process's own memory: what is stored here, the programs see at once. */
export class MappedMemory implements Disposable {
  /** Not to be used once this object is disposed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #address: unknown;

  /** `fd`: a map with BPF_F_MMAPABLE, as global variables have; `length` in bytes. @throws SystemError */
  constructor(fd: number, length: number) {
    this.#address = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    if (BigInt(koffi.address(this.#address)) === MAP_FAILED) throw new SystemError('mmap', koffi.errno());
    this.bytes = new Uint8Array(koffi.view(this.#address, length));
  }

  [Symbol.dispose](): void {
    munmap(this.#address, this.bytes.byteLength);
  }
}
