import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Lab } from '@tsnctl/lab';
import { Agent, type AgentOptions } from '@tsnctl/proxy';
import { CHECKOUT, Cli, type CliResult, runCli } from './cli.ts';

const CLIENT = join(CHECKOUT, `packages/cni/client/dist/tsnctl-${process.arch}`);

export interface CallOptions {
  container?: string;
  netns?: string;
  ifname?: string;
  annotations?: Record<string, unknown>;
  config?: Record<string, unknown>;
}

export interface CallReply {
  code: number | null;
  reply: { code?: number; msg?: string; details?: string; [key: string]: unknown } | undefined;
  ms: number;
}

export const PREV_RESULT = { cniVersion: '1.1.0', interfaces: [{ name: 'br0' }, { name: 'eth0' }] };

/** Where an agent runs: its node, and a pod. */
export interface AgentStage {
  lab: Lab;
  node: Host;
  pod: Host;
}

/** `tsnctl agent` on a stage's node, and the plugin's real binary that calls it. */
export class StageAgent {
  readonly socket: string;
  readonly state: string;
  readonly #stage: AgentStage;
  readonly #wrap: readonly string[];
  #cli: Cli | undefined;
  #here: Agent | undefined;
  #lines: string[] = [];

  /** `wrap` stands before `node`: setpriv and the like. `directory`: where it has its state; the lab's unless told. */
  constructor(
    stage: AgentStage,
    { wrap = [], directory = stage.lab.directory }: { wrap?: readonly string[]; directory?: string } = {},
  ) {
    if (!existsSync(CLIENT)) throw new Error(`there is no ${CLIENT}: npx nx run @tsnctl/cni:client`);
    this.#stage = stage;
    this.#wrap = wrap;
    this.socket = join(directory, 'agent.sock');
    this.state = join(directory, 'attachments');
  }

  /** Returns when it listens. */
  async start(...options: string[]): Promise<Cli> {
    this.#cli = new Cli(this.#line(options), { wrap: this.#wrap });
    await this.#cli.says('ready: listening on');
    return this.#cli;
  }

  /** One more, to its end. */
  another(...options: string[]): Promise<CliResult> {
    return runCli(this.#line(options), { wrap: this.#wrap });
  }

  #line(options: readonly string[]): string[] {
    const { node, lab } = this.#stage;
    const places = [
      '--netns',
      node.name,
      '--socket',
      this.socket,
      '--state',
      this.state,
      '--bpffs',
      lab.bpffs,
      '--http',
      'off',
      '--log-format',
      'text',
    ];
    return ['agent', ...places, ...(options.length > 0 ? options : ['--uplink', 'nic0=mono'])];
  }

  /** The same in this process, where the process is not what is tested: it takes a tenth of the time. */
  async startHere(options: Partial<AgentOptions> = {}): Promise<void> {
    const { node, lab } = this.#stage;
    this.#here = await Agent.start({
      node: node.netns,
      uplinks: [{ name: 'nic0', clock: 'mono' }],
      socket: this.socket,
      state: this.state,
      bpffs: lab.bpffs,
      log: (line) => this.#lines.push(line),
      ...options,
    });
  }

  get pid(): number {
    return this.#cli?.pid ?? process.pid;
  }

  /** Whether its process is there. */
  get isRunning(): boolean {
    return this.#cli?.isRunning ?? this.#here !== undefined;
  }

  /** What it has logged, without the times. */
  get log(): string[] {
    if (this.#here) return this.#lines;
    const lines = this.#cli?.stderr.trim().split('\n') ?? [];
    return lines.map((line) => line.replace(/^\S+ /, ''));
  }

  /** End it: by a signal that it hears, or by one that it does not. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    await this.#here?.[Symbol.asyncDispose]();
    this.#here = undefined;
    this.#cli?.kill(signal);
    const ended = await this.#cli?.ended;
    this.#cli = undefined;
    return ended?.code ?? null;
  }

  call(command: string, options: CallOptions = {}): Promise<CallReply> {
    const { container = 'web', netns = `/run/netns/${this.#stage.pod.name}`, ifname = 'eth0' } = options;
    const env = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: container,
      CNI_NETNS: netns,
      CNI_IFNAME: ifname,
      CNI_PATH: '/nowhere',
      CNI_ARGS: `K8S_POD_NAMESPACE=default;K8S_POD_NAME=${container}`,
    };
    const stdin = {
      cniVersion: '1.1.0',
      name: 'pods',
      type: 'tsnctl',
      socket: this.socket,
      grant: { priorities: '1-6', txtime: true },
      prevResult: PREV_RESULT,
      runtimeConfig: { 'io.kubernetes.cri.pod-annotations': options.annotations ?? {} },
      ...options.config,
    };
    return run(env, JSON.stringify(stdin));
  }

  /** The records' files. */
  records(): string[] {
    return readdirSync(this.state)
      .filter((name) => name.includes('@'))
      .sort();
  }
}

function run(env: Record<string, string>, stdin: string): Promise<CallReply> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(CLIENT, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, reply: stdout ? JSON.parse(stdout) : undefined, ms: performance.now() - begin }),
    );
  });
}
