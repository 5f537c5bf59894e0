import { join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { readConfig } from '../config/read-config.ts';
import { BPFFS } from '../pins.ts';
import { installPaths } from './paths.ts';

/** The namespace and the BPF file system that a node's own configuration names, if it has one that can be read. */
export function configuredPlace(root: string): { readonly netns?: string; readonly bpffs?: string } {
  try {
    const { netns, bpffs } = readConfig(join(root, installPaths().config));
    return { ...(netns !== undefined && { netns }), ...(bpffs !== BPFFS && { bpffs }) };
  } catch (error) {
    if (error instanceof TsnctlError) return {}; // none, or a broken one, which is said where it matters
    throw error;
  }
}
