import { TsnctlError } from '@tsnctl/codec';

/** BTF or ELF that contradicts itself. */
export function badBtf(message: string): never {
  throw new TsnctlError('BTF', message);
}
