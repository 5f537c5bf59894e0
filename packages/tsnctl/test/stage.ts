import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, Lab, setStage, wire } from '@tsnctl/lab';
import { type Filter, listFilters, listLinks, listQdiscs } from '@tsnctl/netlink';
import { abilities, MetadataProxy, Tables } from '@tsnctl/proxy';
import { BpfLink, BpfMap, BpfProgram, queryTcx } from 'libbpf-ts';
import { expect } from 'vitest';
import { notFreed } from './bpf-ids.ts';
import { type CliOptions, type CliResult, runCli } from './cli.ts';
import { runInProcess } from './in-process.ts';

const DONE_WITH_WARNING = {
  code: 0,
  stderr: expect.stringMatching(/^(this interrupts traffic:\n( {4}.*: (drops|loses) .* ms.*\n)+)?$/),
};

export interface StageOptions {
  /** Run commands in the test's own process, where the process is not what is tested. */
  inProcess?: boolean;
}

/** A node with two pods (pod0, pod1) and two NICs (nic0, nic1), and a BPF file system that outlives each child. */
export class NodeStage implements AsyncDisposable {
  readonly lab: Lab;
  readonly node: Host;
  /** Has the pods' ends: eth0 of pod0, eth1 of pod1. */
  readonly pod: Host;
  readonly proxy: MetadataProxy;
  /** Every BPF object that a command has left pinned or attached. */
  readonly #seen = new Set<string>();
  readonly #inProcess: boolean;

  private constructor(lab: Lab, node: Host, pod: Host, { inProcess = false }: StageOptions) {
    this.lab = lab;
    this.node = node;
    this.pod = pod;
    this.proxy = new MetadataProxy(node.netns, { bpffs: lab.bpffs });
    this.#inProcess = inProcess;
  }

  static create(options: StageOptions = {}): NodeStage {
    const lab = Lab.create();
    const { node, pod, outside } = setStage(lab);
    wire(node, 'pod1', pod, 'eth1');
    wire(node, 'nic1', outside, 'eth1');
    return new NodeStage(lab, node, pod, options);
  }

  /** `tsnctl LINE --netns NODE`, with /sys/fs/bpf as it was left by the command before. */
  async run(line: string, options: CliOptions = {}): Promise<CliResult> {
    const args = line.split(' ');
    if (!args.includes('--netns')) args.push('--netns', this.node.name);
    const plain = Object.keys(options).length === 0;
    const result =
      this.#inProcess && plain
        ? await runInProcess(args, this.lab.bpffs)
        : await runCli(args, { bpffs: this.lab.bpffs, ...options });
    if (result.code === 0) for (const object of this.#objects()) this.#seen.add(object);
    return result;
  }

  /** Asserts that it is done, after saying what it interrupts, if anything; returns stdout. */
  async done(line: string): Promise<string> {
    const { stdout, ...rest } = await this.run(line);
    expect(rest).toEqual(DONE_WITH_WARNING);
    return stdout;
  }

  /** Detaches all, and asserts that nothing of ours is left anywhere. */
  async detachAll(): Promise<void> {
    await this.done('detach all');
    await this.expectBare();
  }

  /** Asserts a refusal: one line on stderr, after `warning`, nothing on stdout, and nothing is changed. */
  async expectRefusal(
    line: string,
    options: CliOptions,
    code: number,
    message: string,
    warning = '',
  ): Promise<void> {
    const before = { hooks: this.hooks(), pins: this.pins() };
    const { stderr, ...rest } = await this.run(line, options);
    expect({ ...rest, stderr: this.#named(stderr) }).toEqual({
      code,
      stdout: '',
      stderr: `${warning}tsnctl: ${message}\n`,
    });
    expect({ hooks: this.hooks(), pins: this.pins() }).toEqual(before);
  }

  /** Asserts that nothing of ours is left on a hook, inside a pod, on the file system or in the kernel. */
  async expectBare(): Promise<void> {
    const left = { hooks: this.hooks(), inside: this.inside(), pins: this.pins() };
    expect(left).toEqual({ hooks: [], inside: [], pins: [] });
    expect(await notFreed(this.#seen)).toEqual([]);
  }

  /** Whatever is on a hook of a host, the node by default, in order: `nic0 egress: restorer`; and its clsact qdiscs. */
  hooks(host: Host = this.node): string[] {
    return hooksOf(host);
  }

  /** The same of the pods' own ends: `eth0 egress: pod_saver`. */
  inside(): string[] {
    return hooksOf(this.pod);
  }

  /** Paths below the BPF file system, with names for what the kernel numbers: `tsnctl/v1/links/NODE-nic0-egress`. */
  pins(): string[] {
    return this.#list('')
      .filter((path) => !path.endsWith('.debug'))
      .map((path) => this.#named(path))
      .sort();
  }

  /** The id of the link on a hook of ours. */
  linkId(name: string, direction: 'ingress' | 'egress'): number {
    using link = BpfLink.pinned(this.linkPath(name, direction));
    return link.info().id;
  }

  linkPath(name: string, direction: 'ingress' | 'egress'): string {
    return this.proxy.pins.link(this.node.index(name), direction);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]();
  }

  /** A text with names for what the kernel numbers: `NODE-nic0-egress`. */
  #named(text: string): string {
    const links = this.node.request(listLinks());
    const name = (index: string) => links.find((link) => link.index === Number(index))?.name ?? `if${index}`;
    return text
      .replaceAll(`${this.node.netns.cookie}-`, 'NODE-')
      .replaceAll(/NODE-(\d+)-/g, (_, index) => `NODE-${name(index)}-`);
  }

  #objects(): string[] {
    const { pins } = this.proxy;
    const links = pins.links().flatMap((path) => {
      using link = BpfLink.pinned(path);
      const { id, programId } = link.info();
      return [`link ${id}`, `program ${programId}`];
    });
    const maps = Tables.pinned(pins).map((name) => {
      using map = BpfMap.pinned(pins.table(name));
      return `map ${/^map_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${map.fd}`, 'utf8'))?.[1]}`;
    });
    const filters = [this.node, this.pod].flatMap((host) =>
      filtersOf(host).map(({ bpf }) => `program ${bpf?.id}`),
    );
    return [...links, ...maps, ...filters];
  }

  #list(directory: string): string[] {
    return readdirSync(join(this.lab.bpffs, directory), { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? [`${path}/`, ...this.#list(path)] : [path];
    });
  }
}

const DIRECTIONS = ['ingress', 'egress'] as const;

export function hooksOf(host: Host): string[] {
  const directions = abilities().tcx ? DIRECTIONS : []; // a kernel without tcx has no such hooks to be asked about
  const qdiscs = host.request(listQdiscs({})).filter(({ kind }) => kind === 'clsact');
  return host
    .request(listLinks())
    .flatMap(({ index: ifindex, name }) => [
      ...directions.flatMap((direction) => {
        const found = queryTcx({ ifindex, direction, netns: host.netns });
        const programs = found.map(({ programId }) => programName(programId));
        return programs.length === 0 ? [] : [`${name} ${direction}: ${programs.join(', ')}`];
      }),
      ...qdiscs
        .filter(({ index }) => index === ifindex)
        .map(() => `${name} clsact: ${filterNames(host, ifindex)}`),
    ])
    .sort();
}

/** The filters' own names, and those of their programs: `ingress tsnctl:strip+qdisc (strip)`. */
function filterNames(host: Host, index: number): string {
  return filtersOf(host)
    .filter((filter) => filter.index === index)
    .map(({ hook, bpf }) => {
      const program = bpf?.id === undefined ? '' : programName(bpf.id);
      return `${hook} ${bpf?.name ?? ''} (${program})`;
    })
    .join(', ');
}

/** In the order in which they run. */
function filtersOf(host: Host): (Filter & { hook: (typeof DIRECTIONS)[number] })[] {
  return host
    .request(listQdiscs({}))
    .filter(({ kind }) => kind === 'clsact')
    .flatMap(({ index }) =>
      DIRECTIONS.flatMap((hook) =>
        host
          .request(listFilters({ index, hook }))
          .filter(({ handle }) => handle !== 0)
          .map((filter) => ({ ...filter, hook })),
      ),
    );
}

function programName(id: number): string {
  using program = BpfProgram.fromId(id);
  return program.info().name;
}
