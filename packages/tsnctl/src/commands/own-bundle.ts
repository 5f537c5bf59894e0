import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBundle } from '@tsnctl/proxy/install';

/** The bundle that this runs from, or the one that the checkout has built. */
export function ownBundle(): string {
  const here = resolve(fileURLToPath(new URL('..', import.meta.url)));
  return findBundle(here) ? here : join(here, '../dist/bundle');
}
