import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno, NetNs, tar } from '@tsnctl/linux';
import type { Sysdump } from '@tsnctl/proxy';
import type { Command } from 'commander';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { renderSysdump } from '../render/sysdump.ts';
import { version } from '../version.ts';
import { nameOrPath } from './attach.ts';
import { type ClusterOptions, isForCluster, withClusterOptions } from './cluster/options.ts';
import { examples } from './examples.ts';

interface Options extends ClusterOptions {
  file?: string;
  netns?: string;
  state?: string;
  bpffs?: string;
  confDir?: string;
  output: OutputFormat;
}

export function addSysdump(program: Command): void {
  withClusterOptions(program.command('sysdump'), { pods: false })
    .description(
      'a bundle for a bug report: inspect, doctor, versions, kernel, configuration and logs; with --cluster the objects of a cluster',
    )
    .option('-f, --file <file>', 'where it goes (default: tsnctl-sysdump-TIME.tar.gz here)')
    .option(
      '--netns <namespace>',
      "the node's network namespace, by name or path (default: this one)",
      nameOrPath,
    )
    .option(
      '--state <directory>',
      "the agent's records (default: /run/tsnctl/attachments, and none with --netns)",
    )
    .option('--conf-dir <directory>', "the container runtime's network configs (default: /etc/cni/net.d)")
    .option('--bpffs <directory>', 'another BPF file system than /sys/fs/bpf')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nWhat looks like a password, token or key is left out. Names of pods, hosts and interfaces are in it: look before you send it.\n' +
        examples(
          'tsnctl sysdump',
          'tsnctl sysdump -f /tmp/node7.tar.gz',
          'tsnctl sysdump --cluster --context plant',
          'tsnctl sysdump --cluster --node n7',
        ),
    )
    .action(async (options: Options, command: Command) => {
      const isCluster = isForCluster(command);
      const file = options.file ?? defaultName(new Date());
      const dump = isCluster
        ? await (await import('./cluster/sysdump.ts')).collectFleet(options)
        : await collect(options);
      write(file, dump);
      const result = {
        file,
        files: dump.files.map(({ path, text }) => ({ path, bytes: Buffer.byteLength(text) })),
        leftOut: dump.leftOut,
      };
      await printResult(options.output, result, (wide) => renderSysdump(result, wide));
    });
}

async function collect({ netns: name, state, bpffs, confDir }: Options): Promise<Sysdump> {
  const { collectSysdump } = await import('@tsnctl/proxy');
  const { renderNode } = await import('../render/inspect/node.ts');
  const { renderFindings } = await import('../render/doctor.ts');
  const { plain } = await import('../render/colour.ts');
  using netns = name === undefined ? NetNs.current() : NetNs.open(name);
  return await collectSysdump({
    netns,
    name: name ?? null,
    version: version(),
    ...(state !== undefined ? { state } : name === undefined ? {} : { state: null }),
    ...(bpffs !== undefined && { bpffs }),
    ...(confDir !== undefined && { confDir }),
    render: {
      inspect: (snapshot) => renderNode(snapshot, { wide: true }),
      doctor: (findings) => renderFindings(findings, true, plain),
    },
  });
}

/** A new file, for its owner alone. */
function write(file: string, { files }: Sysdump): void {
  const folder = basename(file)
    .replace(/\.t(ar\.)?gz$/, '')
    .slice(0, LONGEST_FOLDER);
  const archive = tar([
    { path: folder, directory: true },
    ...directoriesOf(files).map((path) => ({ path: `${folder}/${path}`, directory: true as const })),
    ...files.map(({ path, text }) => ({ path: `${folder}/${path}`, content: Buffer.from(text) })),
  ]);
  try {
    writeFileSync(file, gzipSync(archive), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST', 'ENOENT', 'ENOTDIR', 'EACCES', 'EROFS', 'ENOSPC', 'EISDIR')) throw cause;
    throw new TsnctlError('SYSDUMP', `cannot write ${file}: ${why(cause)}`, {
      hint: '--file /tmp/NAME.tar.gz, a name that is not taken',
      cause,
    });
  }
}

const LONGEST_FOLDER = 60; // with a file's name below it fits a tar header

function directoriesOf(files: Sysdump['files']): string[] {
  return [
    ...new Set(files.flatMap(({ path }) => (path.includes('/') ? [path.slice(0, path.indexOf('/'))] : []))),
  ];
}

function why(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, open .*/, '') : String(error);
}

function defaultName(now: Date): string {
  return `tsnctl-sysdump-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z.tar.gz`;
}
