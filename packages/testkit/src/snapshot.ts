import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { NetNs } from '@tsnctl/linux';

/** Things that a test may forget, by a key that tells one from another; the value says what it is. */
export type Snapshot = ReadonlyMap<string, string>;

/** All that this process holds, or has left on the machine under a name of ours; `others` are not asked about theirs. */
export function snapshot(others: ReadonlySet<number> = new Set()): Snapshot {
  const isOurs = (name: string) => isNamedByUs(name, others);
  return new Map([...descriptors(), ...namespaces(isOurs), ...mounts(isOurs), ...children()]);
}

/** All processes that run by now but this one. */
export function otherProcesses(): ReadonlySet<number> {
  return new Set(processIds().filter((pid) => pid !== process.pid));
}

/** What Node and vitest open when they need it: event loop, wake-ups, pipes, the terminal, the sources they read. */
const NODES_OWN = [
  /^anon_inode:\[(eventpoll|eventfd|io_uring|timerfd|signalfd)\]$/,
  /^anon_inode:inotify$/,
  /^pipe:/,
  /^\/dev\/(null|urandom|pts|tty)/,
  /^\/proc\/\d+\/fd$/,
];

function* descriptors(): Generator<[string, string]> {
  for (const fd of readdirSync('/proc/self/fd')) {
    const target = attempt(() => readlinkSync(`/proc/self/fd/${fd}`));
    if (target === undefined || NODES_OWN.some((pattern) => pattern.test(target))) continue;
    yield [`fd ${fd} ${target}`, `fd ${fd} is open: ${target}${bpfId(fd)}`];
  }
}

/** `anon_inode:bpf-prog` says little; fdinfo knows which one. */
function bpfId(fd: string): string {
  const info = attempt(() => readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  return (
    /^(?:prog|map|link|btf)_id:\s*\d+/m
      .exec(info ?? '')?.[0]
      .replace(/\s+/, ' ')
      .replace(/^/, ' ') ?? ''
  );
}

function* namespaces(isOurs: (name: string) => boolean): Generator<[string, string]> {
  for (const name of NetNs.names().filter(isOurs))
    yield [`netns ${name}`, `the namespace /run/netns/${name} is there`];
}

function* mounts(isOurs: (name: string) => boolean): Generator<[string, string]> {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [id, , , , target = ''] = line.split(' ');
    // A namespace's mount goes with its name, which is reported already.
    if (isOurs(target) && !target.startsWith('/run/netns/')) yield [`mount ${id}`, `${target} is mounted`];
  }
}

function* children(): Generator<[string, string]> {
  for (const name of processIds()) {
    const stat = attempt(() => readFileSync(`/proc/${name}/stat`, 'utf8'));
    const parent = Number(/^.*\) \S (\d+)/s.exec(stat ?? '')?.[1]);
    if (parent !== process.pid) continue;
    const command = attempt(() => readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
    yield [`child ${name}`, `process ${name} runs: ${command || '(ended, not waited for)'}`];
  }
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/**
 * Named tsnctl-..., and not with the id of another process that lives, or did when the test began: other tests run
 * on this machine too, and may be killed.
 */
function isNamedByUs(name: string, others: ReadonlySet<number>): boolean {
  const own = /tsnctl-[^/]*/.exec(name)?.[0];
  const pid = Number(/-(\d+)/.exec(own ?? '')?.[1] ?? process.pid);
  return own !== undefined && (pid === process.pid || !(others.has(pid) || existsSync(`/proc/${pid}`)));
}

/** /proc changes while it is read. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
