import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsnctlError } from '@tsnctl/codec';
import type { NetNs } from '@tsnctl/linux';
import { readAgent } from '../doctor/read/agent.ts';
import { syncDirectory } from '../files.ts';
import { detachAll } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import { whenFree } from '../when-free.ts';
import type { BundleFile, Content, StepKind, StepOf } from './model.ts';
import {
  type Bytes,
  hashFile,
  putPath,
  removeEmpty,
  TEMPORARY,
  temporaryFor,
  writeNew,
} from './path-files.ts';

export interface NodeOptions {
  /** The directory that the node's paths begin in. */
  readonly root: string;
  readonly runRoot?: string;
  /** Its network namespace, and where its programs are pinned; none for a tree that does not run. */
  readonly netns?: NetNs;
  readonly bpffs?: string;
  /** Where the journal keeps bytes. */
  readonly kept: (sha256: string) => string;
}

/** Carries out steps on one node, one thing each; it decides nothing. */
export class InstallPerformer {
  readonly #options: NodeOptions;

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  async perform<Kind extends StepKind>(step: StepOf<Kind>): Promise<void> {
    await this.#performers[step.do as Kind](step);
  }

  readonly #performers: { [Kind in StepKind]: (step: StepOf<Kind>) => void | Promise<void> } = {
    put: ({ path, was, to, content }) => {
      putPath(this.#at(path), was, to, content && this.#bytes(content));
    },

    'put-tree': ({ path, from, files, owner }) => {
      const target = this.#at(path);
      const temporary = temporaryFor(target);
      try {
        mkdirSync(temporary, { mode: 0o755 }); // alone: with all that is above it, the refusal would be another
        for (const file of files) {
          mkdirSync(dirname(join(temporary, file.path)), { recursive: true, mode: 0o755 });
          const bytes = { file: join(from, file.path) };
          writeNew(join(temporary, file.path), { mode: file.mode, ...owner }, bytes, file.sha256);
        }
        const manifest = { file: join(from, MANIFEST) };
        const owned = { mode: 0o644, ...owner };
        writeNew(join(temporary, MANIFEST), owned, manifest, hashFile(manifest.file));
        renameSync(temporary, target);
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
      syncDirectory(dirname(target));
    },

    'remove-tree': ({ path, files }) => {
      const target = this.#at(path);
      for (const file of files) removeIfOurs(join(target, file.path), file);
      for (const name of ['bin/node', MANIFEST]) rmSync(join(target, name), { force: true });
      removeEmptyDirectories(target);
    },

    'reload-chain': ({ directory }) => {
      const temporary = temporaryFor(join(this.#at(directory), 'reload'));
      writeFileSync(temporary, '', { flag: 'wx', mode: 0o600 });
      rmSync(temporary);
    },

    'reload-units': () => systemctl('daemon-reload'),
    'start-unit': ({ unit }) => systemctl('start', unit),
    'stop-unit': ({ unit }) => systemctl('stop', unit),
    'restart-unit': ({ unit }) => systemctl('restart', unit),
    'wait-ready': ({ socket, timeoutMs }) => waitForAgent(this.#at(socket), timeoutMs),

    'renew-programs': () => this.#withProxy((proxy) => proxy.renew()),
    'detach-all': () => this.#withProxy((proxy) => void proxy.change(detachAll())),

    'remove-runtime-state': ({ directory }) => {
      const target = join(this.#options.runRoot ?? this.#options.root, directory);
      for (const name of RUNTIME_STATE) rmSync(join(target, name), { recursive: true, force: true });
      removeEmpty(target);
    },

    'remove-journal': ({ directory }) => {
      const target = this.#at(directory);
      rmSync(target, { recursive: true, force: true });
      removeEmpty(dirname(target));
    },
  };

  #at(path: string): string {
    return join(this.#options.root, path);
  }

  #bytes(content: Content): Bytes {
    if ('text' in content) return new TextEncoder().encode(content.text);
    if ('latin1' in content) return Buffer.from(content.latin1, 'latin1');
    return { file: 'kept' in content ? this.#options.kept(content.kept) : content.copyOf };
  }

  /** The agent may be in the middle of a change of its own. */
  async #withProxy(action: (proxy: MetadataProxy) => void): Promise<void> {
    const { netns, bpffs } = this.#options;
    if (netns === undefined) return;
    using proxy = new MetadataProxy(netns, bpffs === undefined ? {} : { bpffs });
    await whenFree(() => action(proxy));
  }
}

export const MANIFEST = 'manifest.json';
/** What the agent has in its directory of /run. */
export const RUNTIME_STATE = ['agent.sock', 'attachments'];

/** A file that somebody has changed is theirs now. */
function removeIfOurs(path: string, { sha256 }: BundleFile): void {
  if (existsSync(path) && hashFile(path) === sha256) rmSync(path);
}

function removeEmptyDirectories(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyDirectories(join(path, entry.name));
    else if (entry.name.startsWith(TEMPORARY)) rmSync(join(path, entry.name));
  }
  removeEmpty(path);
}

/** systemd's own words, where it refuses. */
function systemctl(...args: string[]): void {
  const { status, stderr, error } = spawnSync('systemctl', args, { encoding: 'utf8' });
  if (status === 0) return;
  const [why] = (error?.message ?? stderr).trim().split('\n');
  throw new TsnctlError('SYSTEMD', `systemctl ${args.join(' ')}: ${why}`, {
    hint: args.length > 1 ? `journalctl -u ${args.at(-1)} -n 20` : 'systemctl status',
  });
}

async function waitForAgent(socket: string, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (!(await answers(socket))) {
    if (performance.now() > until) {
      throw new TsnctlError('NOT_READY', `after ${timeoutMs / 1000} s no agent listens on ${socket}`, {
        hint: 'journalctl -u tsnctl-agent -n 20 says why; --wait 2m for more time',
      });
    }
    await sleep(POLL_MS);
  }
}

const POLL_MS = 50;

async function answers(socket: string): Promise<boolean> {
  const fact = await readAgent(socket);
  return 'seen' in fact && fact.seen === 'answers';
}
