import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname, version as kernelVersion, release } from 'node:os';
import { promisify } from 'node:util';
import { isConfName } from '@tsnctl/cni';
import type { NetNs } from '@tsnctl/linux';
import { findRuntime } from '../chain/find-runtime.ts';
import { readConfDir } from '../chain/read-conf-dir.ts';
import { diagnose } from '../doctor/diagnose.ts';
import type { Finding } from '../doctor/finding.ts';
import { readNode } from '../doctor/read-node.ts';
import { inspectNode } from '../inspect/inspect-node.ts';
import type { NodeObservations } from '../inspect/observations.ts';
import { observeNode } from '../inspect/observe-node.ts';
import type { NodeSnapshot } from '../inspect/schema.ts';
import { journalIn } from '../install/journal-file.ts';
import { installPaths, UNIT } from '../install/paths.ts';
import { redact } from './redact.ts';

export interface SysdumpOptions {
  readonly netns: NetNs;
  /** As the user named it; null where it is this process's own. */
  readonly name?: string | null;
  readonly bpffs?: string;
  readonly state?: string | null;
  readonly confDir?: string;
  readonly version: string;
  /** The results as people see them; what they return are texts. */
  readonly render: {
    readonly inspect: (snapshot: NodeSnapshot) => string;
    readonly doctor: (findings: readonly Finding[]) => string;
  };
}

export interface Sysdump {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** What could not be had, and why. */
  readonly leftOut: readonly { readonly path: string; readonly why: string }[];
}

/**
 * What a bug report needs of a node, secrets left out: what inspect and doctor say, versions, kernel, configuration
 * and logs. Each part stands for itself: one that cannot be had is told, and the others are there.
 */
export async function collectSysdump(options: SysdumpOptions): Promise<Sysdump> {
  const files: { path: string; text: string }[] = [];
  const leftOut: { path: string; why: string }[] = [];
  for (const [path, collect] of Object.entries(parts(options))) {
    try {
      files.push({ path, text: redact(await collect()) });
    } catch (error) {
      leftOut.push({ path, why: whyNot(error) });
    }
  }
  return { files, leftOut };
}

function whyNot(error: unknown): string {
  const { code, syscall = '', path = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return syscall.startsWith('spawn') ? `${path} is not installed` : 'not there';
  return redact(error instanceof Error ? error.message : String(error)).trim();
}

type Part = () => string | Promise<string>;

/** Each file of the bundle, and where its text is from. */
function parts(options: SysdumpOptions): Record<string, Part> {
  const { netns, bpffs, confDir, render } = options;
  const { config, journal } = installPaths();
  const node = once(() => observe(options));
  const findings = once(async () =>
    diagnose(
      await readNode(netns, {
        ...(bpffs !== undefined && { bpffs }),
        ...(confDir !== undefined && { confDir }),
      }),
    ),
  );
  return {
    'versions.json': () => json(versions(options.version)),
    'inspect.txt': () => render.inspect(inspectNode(node())),
    'inspect.json': () => json(inspectNode(node())),
    'doctor.txt': async () => render.doctor(await findings()),
    'doctor.json': async () => json(await findings()),
    'links.json': () => json(node().links),
    'qdiscs.json': () => json({ qdiscs: node().qdiscs, classes: node().classes }),
    'hooks.json': () => json({ hooks: node().hooks, pinned: node().pinned }),
    'records.json': () => json(node().records),
    'cni.json': () => cniConfigs(confDir ?? findRuntime().confDir),
    'config.yaml': () => readFileSync(config, 'utf8'),
    'install-journal.txt': () => readFileSync(journalIn(journal), 'utf8'),
    'agent.log': () => output('journalctl', ['-u', UNIT, '--no-pager', '-o', 'short-iso', '-n', '5000']),
    'kernel.log': () => output('dmesg', ['--level', 'emerg,alert,crit,err,warn']),
    'kernel/cmdline': () => readFileSync('/proc/cmdline', 'utf8'),
    'kernel/modules': () => readFileSync('/proc/modules', 'utf8'),
    'kernel/softnet_stat': () => netns.run(() => readFileSync('/proc/thread-self/net/softnet_stat', 'utf8')),
    interrupts: () => readFileSync('/proc/interrupts', 'utf8'),
    'os-release': () => readFileSync('/etc/os-release', 'utf8'),
  };
}

function observe({ netns, name = null, bpffs, state }: SysdumpOptions): NodeObservations {
  return observeNode({
    netns,
    name,
    ...(bpffs !== undefined && { bpffs }),
    ...(state !== undefined && { state }),
  });
}

function versions(tsnctl: string) {
  return {
    tsnctl,
    node: process.version,
    kernel: release(),
    kernelVersion: kernelVersion(),
    architecture: process.arch,
    hostname: hostname(),
  };
}

/** Broken ones, too: they are what a report is about. */
function cniConfigs(directory: string): string {
  const { files, dropIns } = readConfDir(directory);
  const inside = Object.entries(dropIns).flatMap(([network, all]) =>
    all.filter(({ name }) => isConfName(name)).map((file) => ({ ...file, name: `${network}/${file.name}` })),
  );
  return json({
    directory,
    files: [...files, ...inside].map(({ name, bytes }) => ({
      name,
      text: redact(new TextDecoder().decode(bytes)),
    })),
  });
}

const run = promisify(execFile);
const LIMITS = { timeout: 10_000, maxBuffer: 64 << 20 };

/** No shell, and nothing from outside in the arguments. */
async function output(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(program, args, LIMITS);
  return stdout;
}

function json(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_, one) =>
      typeof one === 'bigint' ? `${one}` : one instanceof Uint8Array ? Buffer.from(one).toString('hex') : one,
    2,
  );
  return `${text}\n`;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
