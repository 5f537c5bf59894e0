import { TsnctlError } from '@tsnctl/codec';

/** A name as the kernel keeps it: 16 bytes, ended by NUL (BPF_OBJ_NAME_LEN in linux/bpf.h). */
export function kernelName(bytes: number[]): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.slice(0, end < 0 ? bytes.length : end));
}

/** The bytes of a name. @throws TsnctlError BAD_NAME */
export function kernelNameBytes(name: string, of: 'map' | 'program'): number[] {
  if (!/^[\w.]{0,15}$/.test(name)) {
    throw new TsnctlError('BAD_NAME', `"${name}" cannot be the name of a ${of}`, {
      hint: 'at most 15 letters, digits, dots and underscores',
    });
  }
  return Array.from({ length: 16 }, (_, at) => name.charCodeAt(at) || 0);
}
