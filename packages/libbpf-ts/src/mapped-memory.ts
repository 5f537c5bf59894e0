import { SystemError } from '@tsnctl/linux';
import koffi from 'koffi';

const PROT_READ = 1; // asm-generic/mman-common.h
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

const libc = koffi.load('libc.so.6');
const mmap = libc.func(
  'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
);
const munmap = libc.func('int munmap(void *address, size_t length)');

/**
 * A map's values in this process's own memory: what is stored here, the programs see at once.
 *
 *     using variables = object.map('.bss');
 *     using memory = variables.mapped();
 *     console.log(memory.bytes.length);
 */
export class MappedMemory implements Disposable {
  readonly #address: unknown;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /**
   * `fd`: a map with BPF_F_MMAPABLE, as global variables have, or a ring buffer; `length` and `offset` in bytes.
   * @throws SystemError
   */
  constructor(fd: number, length: number, options: { offset?: number; readOnly?: boolean } = {}) {
    const protection = options.readOnly ? PROT_READ : PROT_READ_WRITE;
    this.#address = mmap(null, length, protection, MAP_SHARED, fd, options.offset ?? 0);
    if (BigInt(koffi.address(this.#address)) === MAP_FAILED) throw new SystemError('mmap', koffi.errno());
    this.#bytes = new Uint8Array(koffi.view(this.#address, length));
  }

  /** Not to be kept beyond this object: what reads them after it is disposed dies. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes) return this.#bytes;
    throw new SystemError('mmap', EBADF, { message: 'this memory is unmapped already' });
  }

  [Symbol.dispose](): void {
    if (this.#bytes) munmap(this.#address, this.#bytes.byteLength);
    this.#bytes = undefined;
  }
}

const EBADF = 9; // asm-generic/errno-base.h
