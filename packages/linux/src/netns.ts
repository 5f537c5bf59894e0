import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  stat,
  unlinkSync,
} from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { Fd } from './fd.ts';
import { systemCall } from './libc.ts';
import { waitForLock } from './lock.ts';
import { makeShared, mount, unmount } from './mount.ts';
import { isErrno } from './system-error.ts';

const CLONE_NEWNET = 0x40000000; // linux/sched.h
const NS_GET_NSTYPE = 0xb703; // linux/nsfs.h
const SO_NETNS_COOKIE = 71; // asm-generic/socket.h
const SOL_SOCKET = 1;
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const RUN = '/run';
const DIRECTORY = '/run/netns';
/** A thread has a namespace of its own while it is in `run`; /proc/self would be the main thread's. */
const OWN = '/proc/thread-self/ns/net';

const setns = systemCall('int setns(int fd, int type)');
const ioctl = systemCall('int ioctl(int fd, unsigned long request)');
const unshare = systemCall('int unshare(int flags)');
const socket = systemCall('int socket(int domain, int type, int protocol)');
const getsockopt = systemCall(
  'int getsockopt(int fd, int level, int name, _Out_ uint64_t *value, _Inout_ uint32_t *length)',
);

/** A network namespace, held open by a descriptor. */
export class NetNs implements Disposable {
  readonly path: string;
  readonly #fd: Fd;
  #cookie: bigint | undefined;

  private constructor(path: string, fd: Fd) {
    this.path = path;
    this.#fd = fd;
  }

  /** The namespace that this thread runs in. */
  static current(): NetNs {
    return NetNs.open(OWN);
  }

  /** By name, as in `ip netns list`, or by path, as in /proc/PID/ns/net. @throws TsnctlError NO_NAMESPACE */
  static open(nameOrPath: string): NetNs {
    const path = nameOrPath.includes('/') ? nameOrPath : `${DIRECTORY}/${nameOrPath}`;
    try {
      using fd = new Fd(openSync(path, 'r'));
      if (ioctl(fd.number, NS_GET_NSTYPE) === CLONE_NEWNET) return new NetNs(path, new Fd(fd.release()));
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ENOTTY', 'EINVAL')) throw error;
      throw noSuchNamespace(nameOrPath, error);
    }
    throw noSuchNamespace(nameOrPath);
  }

  /**
   * Make a named namespace; NAMESPACE_EXISTS if the name is taken. One process at a time: another must not take
   * the directory away meanwhile. Equivalent to: ip netns add NAME
   */
  static create(name: string): NetNs {
    using _ = waitForLock(RUN);
    const path = takeName(name);
    startThreadPool();
    try {
      using home = NetNs.current();
      unshare(CLONE_NEWNET);
      try {
        mount(OWN, path, { bind: true });
      } finally {
        enter(home.#fd);
      }
      return NetNs.open(name);
    } catch (error) {
      removeName(path);
      throw error;
    }
  }

  /** Remove a name, if it is there; the namespace goes with its last process and socket. Equivalent to: ip netns del NAME */
  static remove(name: string): void {
    const path = `${DIRECTORY}/${name}`;
    if (!existsSync(path)) return;
    using _ = waitForLock(RUN);
    removeName(path);
  }

  /** The names in /run/netns. Equivalent to: ip netns list */
  static names(): string[] {
    return existsSync(DIRECTORY) ? readdirSync(DIRECTORY).sort() : [];
  }

  /** The descriptor, for requests that name a namespace; it stays owned by this object. */
  get fd(): number {
    return this.#fd.number;
  }

  /** The kernel's own name for this namespace, never used twice until the next boot. Since kernel 5.14. */
  get cookie(): bigint {
    this.#cookie ??= this.#askCookie();
    return this.#cookie;
  }

  /** As in `net:[4026531840]`, which /proc/PID/ns/net links to; another one's when this one has gone. */
  get inode(): number {
    return fstatSync(this.fd).ino;
  }

  /**
   * Run `action` inside this namespace. It must be synchronous: what comes after its first `await` would run
   * outside. What it opens (a socket, a child process) keeps the namespace; a Worker that it starts would
   * stay there for good. Needs CAP_SYS_ADMIN, unless this thread is there already.
   */
  run<T>(action: () => T): T {
    using home = new Fd(openSync(OWN, 'r'));
    if (isSame(home, this.#fd)) return synchronous(action());
    startThreadPool();
    setns(this.fd, CLONE_NEWNET);
    try {
      return synchronous(action());
    } finally {
      enter(home);
    }
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }

  #askCookie(): bigint {
    using probe = this.run(() => new Fd(socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0)));
    const value: [bigint | number] = [0n];
    getsockopt(probe.number, SOL_SOCKET, SO_NETNS_COOKIE, value, [8]);
    return BigInt(value[0]);
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

/** libuv's threads inherit the namespace in which the first asynchronous call starts them: let it be home. */
function startThreadPool(): void {
  if (threadPoolStarted) return;
  threadPoolStarted = true;
  stat('/', () => undefined);
}

let threadPoolStarted = false;

function synchronous<T>(result: T): T {
  if (!(result instanceof Promise)) return result;
  result.catch(() => undefined);
  throw new TsnctlError('ASYNCHRONOUS', 'NetNs.run was given an asynchronous action: it left the namespace', {
    hint: 'open sockets and start processes inside, use them outside',
  });
}

function isSame(a: Fd, b: Fd): boolean {
  const [first, second] = [fstatSync(a.number), fstatSync(b.number)];
  return first.ino === second.ino && first.dev === second.dev;
}

/** An empty file to mount the namespace on. */
function takeName(name: string): string {
  const path = `${DIRECTORY}/${name}`;
  prepareDirectory();
  try {
    closeSync(openSync(path, 'wx', 0o444));
    return path;
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST')) throw cause;
    throw new TsnctlError('NAMESPACE_EXISTS', `there is a network namespace ${name} already`, {
      hint: `ip netns del ${name}, if nothing needs it`,
      cause,
    });
  }
}

function removeName(path: string): void {
  if (!existsSync(path)) return;
  try {
    unmount(path, { lazy: true });
  } catch (error) {
    // Not a mount here: made in another mount namespace, or its maker was killed before it mounted.
    if (!isErrno(error, 'EINVAL')) throw error;
  }
  unlinkSync(path);
  leaveDirectory();
}

/** What `prepareDirectory` made and `leaveDirectory` takes away again. */
const made = { directory: false, mount: false };

/** As `ip netns add` does: without the mount, one that ip makes later would hide our names below it. */
function prepareDirectory(): void {
  if (mkdirSync(DIRECTORY, { recursive: true })) made.directory = true;
  if (makeShared(DIRECTORY)) made.mount = true;
}

/** Take away what this process made, once no name is left. */
function leaveDirectory(): void {
  if (!made.mount || readdirSync(DIRECTORY).length > 0) return;
  try {
    unmount(DIRECTORY); // not lazily: another process may have made a name meanwhile
  } catch (error) {
    if (isErrno(error, 'EBUSY', 'EINVAL')) return;
    throw error;
  }
  made.mount = false;
  if (made.directory && readdirSync(DIRECTORY).length === 0) rmdirSync(DIRECTORY);
  made.directory = false;
}

function noSuchNamespace(name: string, cause?: unknown): TsnctlError {
  return new TsnctlError('NO_NAMESPACE', `there is no network namespace ${name}`, {
    hint: 'a name that ip netns list shows, or a path such as /proc/PID/ns/net',
    cause,
  });
}
