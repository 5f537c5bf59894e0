import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import * as z from 'zod';
import type { Bundle } from './model.ts';
import { MANIFEST } from './perform-install.ts';

// A path that leads out of the folder would be written anywhere.
const inside = z.string().refine((path) => !path.startsWith('/') && !path.split('/').includes('..'));
const manifest = z.object({
  version: z.string().regex(/^[0-9A-Za-z.+-]+$/),
  arch: z.string(),
  node: z.number().int(),
  files: z.array(
    z.object({
      path: inside,
      mode: z.number().int(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      size: z.number().int(),
    }),
  ),
});

/** What `npm run build` has put into this folder. @throws TsnctlError NO_BUNDLE, BAD_BUNDLE */
export function readBundle(directory: string): Bundle {
  const path = join(directory, MANIFEST);
  if (!existsSync(path)) {
    throw new TsnctlError('NO_BUNDLE', `${directory} holds no bundle: there is no ${MANIFEST}`, {
      hint: 'npm run build makes packages/tsnctl/dist/bundle; --bundle DIR names another',
    });
  }
  const found = parse(readFileSync(path, 'utf8'));
  if (found) return found;
  throw new TsnctlError('BAD_BUNDLE', `${path} is no manifest of a bundle`, {
    hint: 'npm run build makes it anew',
  });
}

/** The same, or nothing where there is none. */
export function findBundle(directory: string): Bundle | undefined {
  try {
    return readBundle(directory);
  } catch (error) {
    if (error instanceof TsnctlError) return undefined;
    throw error;
  }
}

function parse(text: string): Bundle | undefined {
  try {
    return manifest.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
