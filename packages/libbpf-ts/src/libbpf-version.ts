import { loadLibrary } from './libbpf.ts';

/** The version of this machine's libbpf, `1.1`. @throws TsnctlError NO_LIBBPF */
export function libbpfVersion(): string {
  const text: string = loadLibrary().func('const char *libbpf_version_string(void)')();
  return text.replace(/^v/, '');
}
