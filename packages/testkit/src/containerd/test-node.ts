import { type ChildProcess, execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NetNs } from '@tsnctl/linux';
import { cgroupsNamed, removeCgroup } from './cgroups.ts';

export interface TestNodeOptions {
  /** Its network: a host of a lab, say. */
  netns: NetNs;
  /** What it sees at /sys/fs/bpf; by default a BPF file system of its own. */
  bpffs?: string;
}

const PREFIX = 'tsnctl-node';
let made = 0;

/**
 * A node of a test's own, for what keeps files and processes in fixed places: a mount namespace, where /run is
 * empty and what is written below /etc, /opt, /var/lib and /var/log stays inside, and a PID namespace, with which all its
 * processes end. They also end with this process.
 */
export class TestNode implements AsyncDisposable {
  /** Where its pods' cgroups go, below the first level of each hierarchy. */
  readonly cgroup: string;
  readonly #init: ChildProcess;
  readonly #initPid: number;

  private constructor(cgroup: string, init: ChildProcess, initPid: number) {
    this.cgroup = cgroup;
    this.#init = init;
    this.#initPid = initPid;
  }

  static async create({ netns, bpffs }: TestNodeOptions): Promise<TestNode> {
    await sweepCgroups();
    const unshare = ['--mount', '--pid', '--fork', '--kill-child', 'bash', '-ec', INIT, 'init', bpffs ?? ''];
    const init = netns.run(() => spawn('unshare', unshare, { stdio: ['pipe', 'pipe', 'inherit'] }));
    const [pid] = await Promise.race([
      once(createInterface({ input: init.stdout as NodeJS.ReadableStream }), 'line'),
      once(init, 'exit').then(([code]) => {
        throw new Error(`the node was not made: exit code ${code}`);
      }),
    ]);
    return new TestNode(`${PREFIX}-${process.pid}-${made++}`, init, Number(pid));
  }

  /** Where a file of the node lies for this process. */
  path(inside: string): string {
    return join(`/proc/${this.#initPid}/root`, inside);
  }

  /** Start a program on the node. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('nsenter', [...this.#enter(), command, ...args], options);
  }

  /** Run a program on the node to its end; what it prints. */
  run(command: string, ...args: string[]): string {
    return execFileSync('nsenter', [...this.#enter(), command, ...args], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** Kill what `spawn` has started: the child is nsenter, which waits for it. */
  kill(child: ChildProcess, signal: NodeJS.Signals): void {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    for (const pid of children.split(' ').filter(Boolean)) process.kill(Number(pid), signal);
  }

  /** The names of the network namespaces that are kept on the node: those of its pods. */
  networkNamespaces(): string[] {
    const directory = this.path('/run/netns');
    return existsSync(directory) ? readdirSync(directory) : [];
  }

  /** The command lines of all that runs on the node, but for its first process. */
  processes(): string[] {
    const listed = spawnSync('nsenter', [...this.#enter(), 'sh', '-c', LIST], { encoding: 'utf8' }).stdout;
    return listed.split('\n').filter(Boolean);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#init;
    if (exitCode === null && signalCode === null) {
      const ended = once(this.#init, 'exit');
      this.#init.stdin?.end();
      await ended;
    }
    this.#init.stdout?.destroy();
    for (const path of cgroupsNamed(this.cgroup)) await removeCgroup(path);
  }

  #enter(): string[] {
    return ['--target', `${this.#initPid}`, '--mount', '--pid', '--net', '--'];
  }
}

/**
 * The first process: it reaps what others leave, as bash does, and ends when its standard input does. Before it
 * mounts its own /proc, the old one still tells its id outside.
 */
const INIT = `
read -r pid _ < /proc/self/stat
mount -t proc proc /proc
mount -t tmpfs tmpfs /mnt
mkdir /mnt/cgroup /mnt/bpf
mount --rbind /sys/fs/cgroup /mnt/cgroup
if [ "$1" ]; then mount --bind "$1" /mnt/bpf; else mount -t bpf bpf /mnt/bpf; fi
umount --recursive --lazy /sys
mount -t sysfs sysfs /sys
mount --rbind /mnt/cgroup /sys/fs/cgroup
mount --rbind /mnt/bpf /sys/fs/bpf
umount -R /mnt
mount -t tmpfs tmpfs /run
mkdir /run/netns /run/lock
for below in etc opt var/lib var/log; do
	mkdir -p /run/.written/$below /run/.work/$below
	mount -t overlay overlay -o lowerdir=/$below,upperdir=/run/.written/$below,workdir=/run/.work/$below /$below
done
mount --make-rshared / # as systemd leaves it: what is mounted later is seen in containers
ip link set lo up
echo $pid
read -r _ || true
`;

/** Each process but the first and those that list. */
const LIST = `
for process in /proc/[0-9]*; do
	case $process in /proc/1 | /proc/$$) continue ;; esac
	tr '\\0' ' ' < $process/cmdline 2> /dev/null && echo
done`;

/** Remove the cgroups of nodes whose process was killed. */
async function sweepCgroups(): Promise<void> {
  for (const path of cgroupsNamed(`${PREFIX}-`)) {
    const pid = new RegExp(`${PREFIX}-(\\d+)-`).exec(path)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await removeCgroup(path).catch(() => undefined); // the next one tries again
  }
}
