import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mount, mountsBelow, NetNs, unmount } from '@tsnctl/linux';
import { Host } from './host.ts';

const RUN = '/run';
const PREFIX = 'tsnctl-lab';
let labs = 0;

/**
 * Hosts, links and processes that exist as long as this object: namespaces named tsnctl-lab-PID-N-HOST, a
 * directory with a BPF file system of its own, and whatever was started with `run`.
 */
export class Lab implements AsyncDisposable {
  readonly name: string;
  readonly directory: string;
  readonly #resources = new AsyncDisposableStack();

  private constructor(name: string) {
    this.name = name;
    this.directory = join(RUN, name);
  }

  static create(): Lab {
    sweep();
    const lab = new Lab(`${PREFIX}-${process.pid}-${labs++}`);
    mkdirSync(lab.bpffs, { recursive: true, mode: 0o755 });
    lab.#resources.defer(() => rmSync(lab.directory, { recursive: true, force: true }));
    mount('bpf', lab.bpffs, { type: 'bpf' });
    lab.#resources.defer(() => unmount(lab.bpffs, { lazy: true }));
    return lab;
  }

  /** Where the proxy of this lab pins; not the machine's own file system. */
  get bpffs(): string {
    return join(this.directory, 'bpf');
  }

  /** Add a host. */
  host(name: string): Host {
    return this.use(Host.create(`${this.name}-${name}`));
  }

  /** Dispose something with the lab, in reverse order. */
  use<T extends Disposable | AsyncDisposable>(resource: T): T {
    return this.#resources.use(resource);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** Remove what a lab left whose process was killed. */
export function sweep(): void {
  for (const name of NetNs.names().filter(isAbandoned)) removeAbandoned(name);
  for (const name of readdirSync(RUN).filter(isAbandoned)) {
    for (const target of mountsBelow(join(RUN, name))) unmount(target, { lazy: true });
    rmSync(join(RUN, name), { recursive: true, force: true });
  }
}

/** What cannot be removed, a name that another mount hides, say, must not keep a new lab from being made. */
function removeAbandoned(name: string): void {
  try {
    NetNs.remove(name);
  } catch {
    // The next sweep tries again.
  }
}

function isAbandoned(name: string): boolean {
  const pid = /^tsnctl-lab-(\d+)-/.exec(name)?.[1];
  return pid !== undefined && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
