import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, Lab, setStage, wire } from '@tsnctl/lab';
import { listLinks } from '@tsnctl/netlink';
import { MetadataProxy, Tables } from '@tsnctl/proxy';
import { BpfLink, BpfMap, BpfProgram, queryTcx } from 'libbpf-ts';
import { expect } from 'vitest';
import { notFreed } from './bpf-ids.ts';
import { type CliOptions, type CliResult, runCli } from './cli.ts';

/** A node with two pods (pod0, pod1) and two NICs (nic0, nic1), and a BPF file system that outlives each child. */
export class NodeStage implements AsyncDisposable {
  readonly lab: Lab;
  readonly node: Host;
  readonly proxy: MetadataProxy;
  /** Every BPF object that a command has left pinned or attached. */
  readonly #seen = new Set<string>();

  private constructor(lab: Lab, node: Host) {
    this.lab = lab;
    this.node = node;
    this.proxy = new MetadataProxy(node.netns, { bpffs: lab.bpffs });
  }

  static create(): NodeStage {
    const lab = Lab.create();
    const { node, pod, outside } = setStage(lab);
    wire(node, 'pod1', pod, 'eth1');
    wire(node, 'nic1', outside, 'eth1');
    return new NodeStage(lab, node);
  }

  /** `tsnctl LINE --netns NODE`, with /sys/fs/bpf as it was left by the child before. */
  async run(line: string, options: CliOptions = {}): Promise<CliResult> {
    const args = line.split(' ');
    if (!args.includes('--netns')) args.push('--netns', this.node.name);
    const result = await runCli(args, { bpffs: this.lab.bpffs, ...options });
    if (result.code === 0) for (const object of this.#objects()) this.#seen.add(object);
    return result;
  }

  /** Asserts a refusal: one line on stderr, nothing on stdout, and nothing is changed. */
  async expectRefusal(line: string, options: CliOptions, code: number, message: string): Promise<void> {
    const before = { hooks: this.hooks(), pins: this.pins() };
    const { stderr, ...rest } = await this.run(line, options);
    expect({ ...rest, stderr: this.#named(stderr) }).toEqual({
      code,
      stdout: '',
      stderr: `tsnctl: ${message}\n`,
    });
    expect({ hooks: this.hooks(), pins: this.pins() }).toEqual(before);
  }

  /** Asserts that nothing of ours is left on a hook, on the file system or in the kernel. */
  async expectBare(): Promise<void> {
    expect({ hooks: this.hooks(), pins: this.pins() }).toEqual({ hooks: [], pins: [] });
    expect(await notFreed(this.#seen)).toEqual([]);
  }

  /** Whatever is on a hook of the node, in order: `nic0 egress: restorer`. */
  hooks(): string[] {
    return this.node
      .request(listLinks())
      .flatMap(({ index: ifindex, name }) =>
        (['ingress', 'egress'] as const).flatMap((direction) => {
          const found = queryTcx({ ifindex, direction, netns: this.node.netns });
          const programs = found.map(({ programId }) => programName(programId));
          return programs.length === 0 ? [] : [`${name} ${direction}: ${programs.join(', ')}`];
        }),
      )
      .sort();
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
    return [...links, ...maps];
  }

  #list(directory: string): string[] {
    return readdirSync(join(this.lab.bpffs, directory), { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? [`${path}/`, ...this.#list(path)] : [path];
    });
  }
}

function programName(id: number): string {
  using program = BpfProgram.fromId(id);
  return program.info().name;
}
