import { stringify } from 'yaml';
import { NAME } from '../names.ts';
import type { Manifest } from './manifests.ts';

/** One document for each object. */
export function renderManifests(manifests: readonly Manifest[], comment: string): string {
  const documents = manifests.map((manifest) => yaml(manifest));
  return `# ${comment}\n---\n${documents.join('---\n')}`;
}

/** A base of kustomize: a file for each object, and the list of them. By file name. */
export function renderKustomize(
  manifests: readonly Manifest[],
  { image, version, comment }: { readonly image: string; readonly version: string; readonly comment: string },
): Readonly<Record<string, string>> {
  const files = manifests.map((manifest): [string, string] => [fileOf(manifest), yaml(manifest)]);
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: files.map(([name]) => name),
    images: [{ name: image, newTag: version }],
  };
  return { ...Object.fromEntries(files), 'kustomization.yaml': `# ${comment}\n${yaml(kustomization)}` };
}

/** `custom-resource-definition-tsnpolicies.yaml` */
function fileOf({ kind, metadata: { name } }: Manifest): string {
  const word = kind.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
  const [first = ''] = name.split('.');
  return first === NAME ? `${word}.yaml` : `${word}-${first}.yaml`;
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
