import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { Fd } from './fd.ts';
import { systemCall } from './libc.ts';
import { mount, unmount } from './mount.ts';
import { isErrno } from './system-error.ts';

const CLONE_NEWNET = 0x40000000; // linux/sched.h
const SO_NETNS_COOKIE = 71; // asm-generic/socket.h
const SOL_SOCKET = 1;
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const DIRECTORY = '/run/netns';

const setns = systemCall('int setns(int fd, int type)');
const unshare = systemCall('int unshare(int flags)');
const socket = systemCall('int socket(int domain, int type, int protocol)');
const getsockopt = systemCall(
  'int getsockopt(int fd, int level, int name, _Out_ uint64_t *value, _Inout_ uint32_t *length)',
);

/** A network namespace, held open by a descriptor. */
export class NetNs implements Disposable {
  readonly path: string;
  readonly #fd: Fd;

  private constructor(path: string, fd: Fd) {
    this.path = path;
    this.#fd = fd;
  }

  /** The namespace that this process runs in. */
  static current(): NetNs {
    return NetNs.open('/proc/self/ns/net');
  }

  /** By name, as in `ip netns list`, or by path, as in /proc/PID/ns/net. */
  static open(nameOrPath: string): NetNs {
    const path = nameOrPath.includes('/') ? nameOrPath : `${DIRECTORY}/${nameOrPath}`;
    try {
      const ns = new NetNs(path, new Fd(openSync(path, 'r')));
      try {
        ns.run(() => undefined);
        return ns;
      } catch (error) {
        ns[Symbol.dispose]();
        throw error;
      }
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'EINVAL', 'ENOTDIR', 'EISDIR')) throw noSuchNamespace(nameOrPath, error);
      throw error;
    }
  }

  /** Make a named namespace. Equivalent to: ip netns add NAME */
  static create(name: string): NetNs {
    mkdirSync(DIRECTORY, { recursive: true });
    const path = `${DIRECTORY}/${name}`;
    closeSync(openSync(path, 'wx', 0o444));
    try {
      using home = NetNs.current();
      unshare(CLONE_NEWNET);
      try {
        mount('/proc/thread-self/ns/net', path, { bind: true });
      } finally {
        enter(home.#fd);
      }
      return NetNs.open(name);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  }

  /** Remove a name; the namespace goes with its last process and socket. Equivalent to: ip netns del NAME */
  static remove(name: string): void {
    const path = `${DIRECTORY}/${name}`;
    if (!existsSync(path)) return;
    unmount(path, { lazy: true });
    rmSync(path);
  }

  /** The names in /run/netns. Equivalent to: ip netns list */
  static names(): string[] {
    return existsSync(DIRECTORY) ? readdirSync(DIRECTORY).sort() : [];
  }

  get fd(): number {
    return this.#fd.number;
  }

  /** The kernel's own name for this namespace, never used twice until the next boot (since 5.12). */
  get cookie(): bigint {
    using probe = this.run(() => new Fd(socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0)));
    const value: [bigint | number] = [0n];
    getsockopt(probe.number, SOL_SOCKET, SO_NETNS_COOKIE, value, [8]);
    return BigInt(value[0]);
  }

  /**
   * Run `action` inside this namespace. It must be synchronous: threads that start meanwhile would stay
   * in the namespace for good. What it opens (a socket, a child process) keeps the namespace.
   */
  run<T>(action: () => T): T {
    using home = new Fd(openSync('/proc/thread-self/ns/net', 'r'));
    setns(this.fd, CLONE_NEWNET);
    try {
      return action();
    } finally {
      enter(home);
    }
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}

/** Go back home. A process that cannot would do all that follows in a wrong namespace: it ends instead. */
function enter(home: Fd): void {
  try {
    setns(home.number, CLONE_NEWNET);
  } catch (error) {
    process.stderr.write(`cannot return to the network namespace: ${String(error)}\n`);
    process.abort();
  }
}

function noSuchNamespace(name: string, cause: unknown): TsnctlError {
  return new TsnctlError('NO_NAMESPACE', `there is no network namespace ${name}`, {
    hint: 'a name that ip netns list shows, or a path such as /proc/PID/ns/net',
    cause,
  });
}
