import { requireBpf, requireKernel, requireRoot } from '@tsnctl/proxy';

/** What a lab with the data plane in it needs of this machine. Throws what is missing. */
export function requireLab(): void {
  requireKernel();
  requireRoot();
  requireBpf();
}
