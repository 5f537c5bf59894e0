import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Host, Lab, NIC, type Stage, setStage } from '@tsnctl/lab';
import { addLink } from '@tsnctl/netlink';
import { Pins } from '@tsnctl/proxy';

const PODS_IN_A_NAMESPACE = 10;
const PATIENCE_MS = 120_000;
const TICKS_A_SECOND = 100; // USER_HZ

/** A node with pods, and the agent as it is installed. */
export class BenchNode implements AsyncDisposable {
  readonly node: Host;
  readonly pins: Pins;
  readonly #lab: Lab;
  readonly #program: string;
  readonly #args: readonly string[];
  #pods: Host | undefined;
  #count = 0;
  #agent: ChildProcess | undefined;
  #log = '';

  private constructor(lab: Lab, { node }: Stage, program: string, policies: string) {
    const config = join(lab.directory, 'config.yaml');
    writeFileSync(config, `uplinks: [{name: ${NIC}, clock: mono}]\n${policies}`, { mode: 0o600 });
    this.node = node;
    this.pins = new Pins(node.netns.cookie, lab.bpffs);
    this.#lab = lab;
    this.#program = program;
    const places = { netns: node.name, bpffs: lab.bpffs, socket: join(lab.directory, 'agent.sock') };
    this.#args = [
      'agent',
      ...['--config', config, '--http', '127.0.0.1:0', '--state', join(lab.directory, 'attachments')],
      ...Object.entries(places).flatMap(([name, value]) => [`--${name}`, value]),
    ];
  }

  static create(program: string, policies = ''): BenchNode {
    const lab = Lab.create();
    return new BenchNode(lab, setStage(lab, { wirePod: () => {} }), program, policies);
  }

  /** The files of the node, for an agent in a pod. */
  get hostRoot(): string {
    const root = join(this.#lab.directory, 'host');
    for (const name of ['var/lib', 'etc']) mkdirSync(join(root, name), { recursive: true });
    return root;
  }

  /** One more pod's interface; its index. */
  addPod(): number {
    if (!this.#pods || this.#count % PODS_IN_A_NAMESPACE === 0)
      this.#pods = this.#lab.host(`p${this.#count}`);
    const name = `pod${this.#count++}`;
    this.node.request(
      addLink({ kind: 'veth', name, peer: { name: `e${name}`, netnsFd: this.#pods.netns.fd } }),
    );
    return this.node.index(name);
  }

  /** Start the agent; milliseconds until it is ready. */
  async start(...more: string[]): Promise<number> {
    const start = performance.now();
    this.#log = '';
    this.#agent = spawn(this.#program, [...this.#args, ...more], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    });
    this.#agent.stderr?.on('data', (chunk) => {
      this.#log += chunk;
    });
    while (!this.#log.includes('ready: listening on ')) {
      if (this.#agent.exitCode !== null || performance.now() - start > PATIENCE_MS)
        throw new Error(`the agent is not ready: ${this.#log}`);
      await setTimeout(1);
    }
    return performance.now() - start;
  }

  async stop(): Promise<void> {
    if (!this.#agent || this.#agent.exitCode !== null) return;
    const ended = once(this.#agent, 'close');
    this.#agent.kill('SIGTERM');
    await ended;
  }

  /** CPU time that the agent has taken so far. */
  get cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#agent?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const [user = 0, system = 0] = [fields[11], fields[12]].map(Number); // utime, stime: proc(5)
    return ((user + system) * 1_000) / TICKS_A_SECOND;
  }

  /** What the agent takes, as VmRSS of /proc/PID/status has it, and what of that is pages of files: in MB. */
  get memory(): { readonly residentMb: number; readonly fileMb: number } {
    const status = readFileSync(`/proc/${this.#agent?.pid}/status`, 'utf8');
    const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1_024;
    return { residentMb: mb('VmRSS'), fileMb: mb('RssFile') };
  }

  /** Ask for its metrics, as Prometheus does; how many bytes it answers. */
  async scrape(): Promise<number> {
    const [, url = ''] = /metrics on (http:[^"\s]+)/.exec(this.#log) ?? [];
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return (await response.text()).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#lab[Symbol.asyncDispose]();
  }
}
