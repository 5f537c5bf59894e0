import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ourConfig, type RuntimeTraits } from '@tsnctl/cni';
import { readBundle } from '../src/install/bundle.ts';
import type { DesiredNode } from '../src/install/model.ts';
import { NodeInstall } from '../src/install/node-install.ts';
import { installPaths } from '../src/install/paths.ts';
import type { NodePlace } from '../src/install/place.ts';

/** Where it can be: each line of the journal waits for its disk. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export const CONF_DIR = '/etc/cni/net.d';
const LIST = `{
  "name": "cbr0", "cniVersion": "1.0.0",
  "plugins": [ {"type": "flannel", "delegate": {"isDefaultGateway": true}} ]
}
`;

/** A node of files: what a machine has before an install, and two bundles. */
export class FileNode implements Disposable {
  readonly directory: string;
  readonly root: string;
  readonly #place: Omit<NodePlace, 'root'>;

  /** With the namespace and the pins of a node that runs. */
  constructor(place: Omit<NodePlace, 'root'> = {}, directory?: string) {
    this.directory = directory ?? mkdtempSync(join(MEMORY, 'tsnctl-node-'));
    this.root = join(this.directory, 'root');
    this.#place = place;
    if (directory === undefined) this.#make();
  }

  /** One in a directory that is there, as of a file system of its own. */
  static in(directory: string): FileNode {
    const node = new FileNode({}, directory);
    node.#make();
    return node;
  }

  /** One that another process has made. */
  static open(directory: string, place: Omit<NodePlace, 'root'>): FileNode {
    return new FileNode(place, directory);
  }

  #make(): void {
    for (const path of ['var/lib', 'usr/local/bin', 'opt/cni/bin', 'etc/systemd/system', 'run', CONF_DIR]) {
      mkdirSync(join(this.root, path), { recursive: true });
    }
    this.write('/opt/cni/bin/flannel', 'a plugin', 0o755);
    this.writeList();
    for (const version of ['1.0.0', '1.1.0']) this.#makeBundle(version);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
    chmodSync(join(this.root, path), mode);
  }

  /** As its primary does. */
  writeList(): void {
    this.write(`${CONF_DIR}/10-flannel.conflist`, LIST, 0o640);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  install(): NodeInstall {
    return new NodeInstall({
      place: { root: this.root, ...this.#place },
      paths: installPaths(),
      chains: [CONF_DIR],
    });
  }

  desired(version = '1.0.0', over: Partial<DesiredNode> = {}): DesiredNode {
    const from = join(this.directory, version);
    const runtime: RuntimeTraits = { name: 'containerd', dropIns: version === '1.1.0' };
    return {
      bundle: readBundle(from),
      from,
      node: { link: process.execPath },
      paths: installPaths(),
      owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      config: 'chain: {}\n',
      unit: true,
      chain: { directory: CONF_DIR, runtime, entry: ourConfig() },
      readyTimeoutMs: 1_000,
      ...over,
    };
  }

  /** Every path with its kind, mode, owner and bytes. */
  snapshot(): Record<string, string> {
    const names = readdirSync(this.root, { recursive: true }).map(String).sort();
    return Object.fromEntries(names.map((name) => [name, describe(join(this.root, name))]));
  }

  #makeBundle(version: string): void {
    const files = {
      'bin/tsnctl': ['#!/bin/sh\n', 0o755],
      'bin/kubectl-tsnctl': ['#!/bin/sh\n', 0o755],
      'cni/tsnctl': [`asks /run/tsnctl/agent.sock, ${version}`, 0o755],
      'lib/main.js': [`// ${version}\n`, 0o644],
      'package.json': [JSON.stringify({ version }), 0o644],
    } as const;
    const manifest = Object.entries(files).map(([path, [text, mode]]) => {
      const file = join(this.directory, version, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return { path, mode, sha256: hash(text), size: text.length };
    });
    const bundle = { version, arch: process.arch, node: 24, files: manifest };
    writeFileSync(join(this.directory, version, 'manifest.json'), JSON.stringify(bundle));
  }
}

function describe(path: string): string {
  const stats = lstatSync(path);
  const kind = stats.isSymbolicLink()
    ? `link ${readlinkSync(path)}`
    : stats.isDirectory()
      ? 'directory'
      : `file ${hash(readFileSync(path))}`;
  return `${kind} ${(stats.mode & 0o7777).toString(8)} ${stats.uid}:${stats.gid}`;
}

function hash(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
