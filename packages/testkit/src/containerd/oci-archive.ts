import { createHash } from 'node:crypto';
import { type TarEntry, tar } from '@tsnctl/linux';

export interface OciImage {
  /** All names under which a runtime shall know it. */
  names: readonly string[];
  files: readonly TarEntry[];
  /** What a container runs that says nothing else. */
  command: readonly string[];
}

/** An image of one layer as an archive for `ctr images import`: an OCI image layout, as a tar. */
export function ociArchive({ names, files, command }: OciImage): Buffer {
  const layer = new Blob('application/vnd.oci.image.layer.v1.tar', tar(files));
  const config = Blob.ofJson('application/vnd.oci.image.config.v1+json', {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Cmd: command, Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const manifest = Blob.ofJson('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    config: config.descriptor,
    layers: [layer.descriptor],
  });
  const index = {
    schemaVersion: 2,
    manifests: names.map((name) => ({
      ...manifest.descriptor,
      annotations: { 'io.containerd.image.name': name },
    })),
  };
  return tar([
    { path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', content: json(index) },
    ...[layer, config, manifest].map(({ path, bytes }) => ({ path, content: bytes })),
  ]);
}

/** Bytes that are named by what is in them. */
class Blob {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly #sha256: string;

  constructor(mediaType: string, bytes: Uint8Array) {
    this.mediaType = mediaType;
    this.bytes = bytes;
    this.#sha256 = createHash('sha256').update(bytes).digest('hex');
  }

  static ofJson(mediaType: string, value: unknown): Blob {
    return new Blob(mediaType, json(value));
  }

  get digest(): string {
    return `sha256:${this.#sha256}`;
  }

  get path(): string {
    return `blobs/sha256/${this.#sha256}`;
  }

  get descriptor(): { mediaType: string; digest: string; size: number } {
    return { mediaType: this.mediaType, digest: this.digest, size: this.bytes.byteLength };
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
