import { readFileSync } from 'node:fs';
import { IMAGE, manifests, renderKustomize, renderManifests } from '@tsnctl/kubernetes';

/** The checkout. */
export const top = new URL('../../../', import.meta.url);

const COMMENT =
  'Made by npm run deploy:render; packages/kubernetes/src/manifest says why things are as they are.';

/** What is checked in under deploy/, by path: the whole install, and a base for kustomize. */
export function deployFiles(): Readonly<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(new URL('packages/tsnctl/package.json', top), 'utf8'));
  const all = manifests({ image: `${IMAGE}:${version}`, version });
  const base = renderKustomize(all, { image: IMAGE, version, comment: COMMENT });
  return {
    'deploy/deploy.yaml': renderManifests(all, COMMENT),
    ...Object.fromEntries(Object.entries(base).map(([name, text]) => [`deploy/kustomize/${name}`, text])),
  };
}
