import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab, NIC, Observer, type POD_SIDE, paths, type Stage, setStage, wire } from '@tsnctl/lab';
import { deleteLink } from '@tsnctl/netlink';
import { MetadataProxy, Tables } from '@tsnctl/proxy';
import { BpfMap } from 'libbpf-ts';
import { expect, vi } from 'vitest';
import { SmallDisk } from '../../../lab/test/chaos/small-disk.ts';
import { Traffic, type TrafficPlane } from '../../../lab/test/traffic.ts';
import { StageAgent } from '../agent.ts';
import { hooksOf } from '../stage.ts';

const LIST = '10-flannel.conflist';
export const EVERYTHING = { 'tsnctl.dev/priorities': '1-6', 'tsnctl.dev/txtime': 'true' };
const APPLICATIONS = [{ priority: 5, txtime: 'mono' as const }, { priority: 3 }];
/** Of each application: while something happens, until all is well again. */
const MEANWHILE = { count: 1_000_000, intervalUs: 500 };
/** Of each application, when all is well. */
const AFTERWARDS = { count: 200, intervalUs: 500 };

const KINDS_OF_PROGRAMS = 5;

/** Generous: how long it took is printed, and compared on a machine at rest. */
export const PATIENCE = { timeout: 15_000, interval: 20 };

/** A node with an agent that keeps everything, a pod that sends, one that may not, and an observer at the NIC. */
export class ChaosNode implements AsyncDisposable {
  readonly lab: Lab;
  readonly stage: Stage;
  readonly agent: StageAgent;
  /** Has what the agent records, and the runtime's lists. */
  readonly disk: SmallDisk;
  readonly proxy: MetadataProxy;
  readonly #plane: TrafficPlane;
  #descriptors = 0;
  /** As everything is found when all is well. */
  #well: ReturnType<ChaosNode['look']> | undefined;

  private constructor(lab: Lab, stage: Stage, target: string) {
    this.lab = lab;
    this.stage = stage;
    this.disk = lab.use(new SmallDisk());
    this.agent = new StageAgent(stage, { directory: this.disk.path });
    this.proxy = new MetadataProxy(stage.node.netns, { bpffs: lab.bpffs });
    const observer = lab.use(new Observer(stage.node, NIC));
    const seen = async (count: number) => {
      await expect.poll(() => observer.observed, PATIENCE).toBeGreaterThanOrEqual(count);
      return observer.take();
    };
    this.#plane = { stage, target: { 4: target, 6: target }, observer, seen };
  }

  static async start(): Promise<ChaosNode> {
    const lab = Lab.create();
    try {
      const stage = setStage(lab);
      const target = paths.find(({ name }) => name === 'bridge-route')?.lay(stage)[4] ?? '';
      const node = new ChaosNode(lab, stage, target);
      wire(stage.node, 'pod1', lab.host('other'), 'eth0');
      node.writeLists();
      await node.startAgent();
      expect(await node.agent.call('ADD', { annotations: EVERYTHING })).toMatchObject({ code: 0 });
      await vi.waitFor(() => expect(node.isChained).toBe(true), PATIENCE); // expect.poll is for tests alone
      node.#well = node.look();
      node.#descriptors = node.descriptors;
      return node;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  async startAgent(): Promise<void> {
    const uplinks = ['--uplink', `${NIC}=mono`, '--uplink', 'nic9=mono'];
    await this.agent.start(...uplinks, '--chain', this.lists, '--grant', '1-6', '--grant-txtime');
  }

  /** The runtime's directory of network configurations. */
  get lists(): string {
    return join(this.disk.path, 'net.d');
  }

  get list(): string {
    return join(this.lists, LIST);
  }

  /** As the primary writes it: without us. */
  writeLists(): void {
    const list = { name: 'cbr0', cniVersion: '1.0.0', plugins: [{ type: 'flannel' }] };
    this.stage.node.run(['mkdir', '-p', this.lists]);
    writeFileSync(this.list, JSON.stringify(list));
  }

  get isChained(): boolean {
    try {
      return readFileSync(this.list, 'utf8').includes('"tsnctl"');
    } catch {
      return false;
    }
  }

  /** What `look` saw when all was well. */
  get well(): ReturnType<ChaosNode['look']> | undefined {
    return this.#well;
  }

  /** What is attached, pinned, chained and recorded. */
  look() {
    return {
      hooks: hooksOf(this.stage.node),
      links: this.proxy.pins.links().length,
      tables: Tables.pinned(this.proxy.pins).filter((name) => isTable(this.proxy.pins.table(name))),
      lists: readdirSync(this.lists).sort(),
      chained: this.isChained,
      records: this.agent.records(),
      temporary: readdirSync(this.agent.state).filter((name) => name.startsWith('.')),
    };
  }

  /** Returns how long it took until everything was as it has to be. */
  async mended({ mayEnd = false }: { mayEnd?: boolean } = {}): Promise<number> {
    const begin = performance.now();
    const look = async () => {
      if (mayEnd && !this.agent.isRunning) {
        await this.agent.stop('SIGKILL');
        await this.startAgent();
      }
      return this.#tryToLook();
    };
    await expect
      .poll(look, { ...PATIENCE, message: 'not mended' })
      .toEqual(this.#well)
      .catch((error) => {
        throw new Error(`${error.message}; the agent says:\n${this.agent.log.slice(-8).join('\n')}`, {
          cause: error,
        });
      });
    return performance.now() - begin;
  }

  /** How many descriptors the agent has open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.agent.pid}/fd`).length;
  }

  /** So many it may have when nothing is leaked: programs are kept for a while, one of each kind. */
  get mayHaveDescriptors(): number {
    return this.#descriptors + KINDS_OF_PROGRAMS;
  }

  /** The NIC's addresses, as the lab lays them. */
  readonly addresses: readonly string[] = ['198.18.0.1/24', '2001:db8:0::1/64'];

  /** What the agent has said since the last call. */
  says(): string {
    const { log } = this.agent;
    const since = log.slice(this.#said);
    this.#said = log.length;
    return since.join('\n');
  }
  #said = 0;

  traffic(): Promise<Traffic> {
    return Traffic.start(this.lab, this.#plane, APPLICATIONS, MEANWHILE);
  }

  /** All is as it was before: packets have exactly what they asked for. */
  async carries(): Promise<void> {
    await using traffic = await Traffic.start(this.lab, this.#plane, APPLICATIONS, AFTERWARDS);
    const { count } = AFTERWARDS;
    expect(await traffic.verdicts()).toEqual([
      { priority: count, launchTime: count, wrong: 0 },
      { priority: count, launchTime: null, wrong: 0 },
    ]);
  }

  ip(...words: string[]): void {
    this.stage.node.run(['ip', ...words]);
  }

  deleteLink(name: string): void {
    this.stage.node.request(deleteLink({ index: this.stage.node.index(name) }));
  }

  /** Where the link of a hook is pinned. */
  pinOf(name: typeof NIC | typeof POD_SIDE): string {
    return this.proxy.pins.link(this.stage.node.index(name), name === NIC ? 'egress' : 'ingress');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.stop();
    await this.lab[Symbol.asyncDispose]();
  }

  #tryToLook(): unknown {
    try {
      return this.look();
    } catch (error) {
      return String(error); // a directory that is not there just now
    }
  }
}

/** Ours, not a foreign map of the same path. */
function isTable(path: string): boolean {
  using map = BpfMap.pinned(path);
  return map.name !== 'foreign';
}
