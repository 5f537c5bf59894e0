import type { NetNs } from '@tsnctl/linux';
import type { Attacher } from './attacher.ts';
import { clsact } from './clsact.ts';
import type { Via } from './model.ts';
import type { Pins } from './pins.ts';
import { tcx } from './tcx.ts';

/** Every way to attach, for one namespace. */
export function attachers(netns: NetNs, pins: Pins): Record<Via, Attacher> {
  return { tcx: tcx(netns, pins), clsact: clsact(netns) };
}
