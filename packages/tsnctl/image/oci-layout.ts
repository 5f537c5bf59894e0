import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tar } from '@tsnctl/linux';

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

export interface LayoutFacts {
  /** Of the manifest: what `image@DIGEST` names. */
  readonly digest: string;
  /** What a node pulls: manifest, configuration and layers. */
  readonly size: number;
}

/** What an OCI image layout of one image says of it. */
export function readLayout(layout: string): LayoutFacts {
  const { manifest, config, layers } = readImage(layout);
  const size = [manifest, config, ...layers].reduce((sum, each) => sum + each.size, 0);
  return { digest: manifest.digest, size };
}

/** The layers of the image, the lowest first. */
export function layersOf(layout: string): readonly Descriptor[] {
  return readImage(layout).layers;
}

function readImage(layout: string): {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
} {
  const [manifest] = (readJson(join(layout, 'index.json')) as { manifests: Descriptor[] }).manifests;
  if (!manifest) throw new TypeError(`${layout} has no image`);
  const path = join(layout, 'blobs', manifest.digest.replace(':', '/'));
  const { config, layers } = readJson(path) as { config: Descriptor; layers: Descriptor[] };
  return { manifest, config, layers };
}

/** The layout as a tar for `ctr images import`, `podman load` and `skopeo copy`; the same bytes for the same image. */
export function archiveLayout(layout: string, name: string): Buffer {
  const index = readJson(join(layout, 'index.json')) as { manifests: { annotations?: object }[] };
  for (const manifest of index.manifests) {
    // The second is containerd's.
    manifest.annotations = { 'org.opencontainers.image.ref.name': name, 'io.containerd.image.name': name };
  }
  const blobs = readdirSync(join(layout, 'blobs/sha256')).sort();
  return tar([
    { path: 'oci-layout', content: readFileSync(join(layout, 'oci-layout')) },
    { path: 'index.json', content: Buffer.from(JSON.stringify(index)) },
    ...blobs.map((blob) => {
      const path = `blobs/sha256/${blob}`;
      return { path, content: readFileSync(join(layout, path)) };
    }),
  ]);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
