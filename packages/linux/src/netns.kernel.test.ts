import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { listLinks } from '@tsnctl/netlink';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFds } from './fd.ts';
import { lock } from './lock.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { NetNs } from './netns.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 14] }));

const name = `tsnctl-test-${process.pid}-netns`;
afterEach(() => NetNs.remove(name));

/** Node's, for a script that imports our sources. */
const flags = ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e'];

const here = () => readlinkSync('/proc/thread-self/ns/net');
const devices = () =>
  readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .slice(2, -1)
    .map((line) => line.split(':')[0]?.trim());

describe('NetNs', () => {
  it('is made, named, opened by name and path, and removed', () => {
    const home = here();
    using made = NetNs.create(name);
    expect(here()).toBe(home);
    expect(NetNs.names()).toContain(name);
    using byName = NetNs.open(name);
    using byPath = NetNs.open(`/proc/self/fd/${made.fd}`);
    expect([byName.cookie, byPath.cookie]).toEqual([made.cookie, made.cookie]);
    expect(`net:[${byName.inode}]`).toBe(made.run(here));
    expect(made.path).toBe(`/run/netns/${name}`);
    NetNs.remove(name);
    expect(NetNs.names()).not.toContain(name);
    NetNs.remove(name);
  });

  it('is what ip netns sees and makes', (ctx) => {
    requires(ctx, { programs: ['ip'] });
    using made = NetNs.create(name);
    expect(execFileSync('ip', ['-n', name, '-br', 'link'], { encoding: 'utf8' })).toMatch(/^lo /);
    const id = execFileSync('ip', ['netns', 'exec', name, 'readlink', '/proc/self/ns/net'], {
      encoding: 'utf8',
    });
    expect(made.run(here)).toBe(id.trim());
    NetNs.remove(name);
    execFileSync('ip', ['netns', 'add', name]);
    using theirs = NetNs.open(name);
    expect(theirs.run(devices)).toEqual(['lo']);
  });

  it('is named by one process at a time: another must not take the directory away meanwhile', async () => {
    const script = `
      const { NetNs } = await import('${import.meta.resolve('./netns.ts')}');
      console.log('begins');
      NetNs.create('${name}')[Symbol.dispose]();
      console.log('has made it');`;
    const held = lock('/run');
    const other = spawn(process.execPath, [...flags, script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    await setTimeout(50);
    expect(NetNs.names()).not.toContain(name);
    held[Symbol.dispose]();
    expect(await once(other, 'close')).toEqual([0, null]);
    expect(NetNs.names()).toContain(name);
  });

  it('has a cookie that no other has', () => {
    using current = NetNs.current();
    using made = NetNs.create(name);
    expect(made.cookie).toBeGreaterThan(0n);
    expect(made.cookie).not.toBe(current.cookie);
    expect(current.cookie).toBe(current.cookie);
  });

  it('current is where this thread is', () => {
    using made = NetNs.create(name);
    using inside = made.run(() => NetNs.current());
    expect(inside.cookie).toBe(made.cookie);
  });
});

describe('what is refused', () => {
  it('a second one of the same name, which leaves the first alone', () => {
    using first = NetNs.create(name);
    expect(() => NetNs.create(name)).toThrow(
      expect.objectContaining({
        code: 'NAMESPACE_EXISTS',
        message: `there is a network namespace ${name} already`,
        hint: `ip netns del ${name}, if nothing needs it`,
      }),
    );
    using again = NetNs.open(name);
    expect(again.cookie).toBe(first.cookie);
  });

  it.each([
    ['a name that is not there', 'tsnctl-no-such'],
    ['a path that is not there', '/no/such/path'],
    ['a file', '/etc/passwd'],
    ['a directory', '/tmp'],
    ['a namespace of another kind', '/proc/self/ns/mnt'],
  ])('%s', (_, nameOrPath) => {
    const open = openFds().length;
    expect(() => NetNs.open(nameOrPath)).toThrow(
      expect.objectContaining({
        code: 'NO_NAMESPACE',
        message: `there is no network namespace ${nameOrPath}`,
        hint: 'a name that ip netns list shows, or a path such as /proc/PID/ns/net',
      }),
    );
    expect(openFds()).toHaveLength(open);
  });

  it('a name without a namespace, such as a killed ip netns add leaves; it can be removed', () => {
    writeFileSync(`/run/netns/${name}`, '');
    expect(() => NetNs.open(name)).toThrow(expect.objectContaining({ code: 'NO_NAMESPACE' }));
    NetNs.remove(name);
    expect(existsSync(`/run/netns/${name}`)).toBe(false);
  });
});

describe('run', () => {
  it('gives back what the action gives, and comes home', () => {
    const home = here();
    using ns = NetNs.create(name);
    expect(ns.run(devices)).toEqual(['lo']);
    expect(ns.run(here)).not.toBe(home);
    expect(here()).toBe(home);
  });

  it('comes home after a throw', () => {
    const home = here();
    using ns = NetNs.create(name);
    const failing = () =>
      ns.run(() => {
        expect(here()).not.toBe(home);
        throw new Error('the action failed');
      });
    expect(failing).toThrow('the action failed');
    expect(here()).toBe(home);
  });

  it('nests', () => {
    using ns = NetNs.create(name);
    using home = NetNs.current();
    const [inner, outer] = ns.run(() => [home.run(here), here()]);
    expect(inner).toBe(here());
    expect(outer).not.toBe(inner);
  });

  it('refuses an asynchronous action', async () => {
    const home = here();
    using ns = NetNs.create(name);
    expect(() => ns.run(async () => undefined)).toThrow(
      expect.objectContaining({
        code: 'ASYNCHRONOUS',
        message: 'NetNs.run was given an asynchronous action: it left the namespace',
      }),
    );
    expect(() => ns.run(() => Promise.reject(new Error('unheard')))).toThrow(/asynchronous/);
    expect(here()).toBe(home);
  });

  it('a socket and a process that were born inside stay there', async () => {
    using ns = NetNs.create(name);
    using socket = NetlinkSocket.open({ netns: ns });
    const child = ns.run(() => spawn('sleep', ['60'], { stdio: 'ignore' }));
    await once(child, 'spawn');
    expect(readlinkSync(`/proc/${child.pid}/ns/net`)).toBe(ns.run(here));
    child.kill();
    await once(child, 'exit');
    NetNs.remove(name);
    expect(socket.request(listLinks())).toMatchObject([{ name: 'lo' }]);
  });

  // A process of its own, whose thread pool has not started.
  it('moves no other thread, not even one that starts meanwhile', () => {
    const script = `
      const { NetNs } = await import('${import.meta.resolve('./netns.ts')}');
      const { readdirSync, readlinkSync, stat } = await import('node:fs');
      using ns = NetNs.open('${name}');
      const threads = () => readdirSync('/proc/self/task').map((id) => readlinkSync('/proc/self/task/' + id + '/ns/net'));
      const before = threads().length;
      const [inside, home] = [ns.run(() => { stat('/', () => {}); return threads(); }), readlinkSync('/proc/self/ns/net')];
      const away = (list) => list.filter((ns) => ns !== home).length;
      console.log(JSON.stringify({ started: inside.length - before, away: away(inside), after: away(threads()) }));`;
    NetNs.create(name)[Symbol.dispose]();
    const answer = execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' });
    // libuv's four; the one away is the main thread.
    expect(JSON.parse(answer)).toEqual({ started: 4, away: 1, after: 0 });
  });

  it('without privileges works at home only', (ctx) => {
    requires(ctx, { programs: ['setpriv'] });
    NetNs.create(name)[Symbol.dispose]();
    const script = `
      const { NetNs } = await import('${import.meta.resolve('./netns.ts')}');
      using home = NetNs.current();
      using other = NetNs.open('${name}');
      let refused; try { other.cookie } catch (error) { refused = error.message }
      console.log(JSON.stringify({ home: home.cookie > 0n, refused }));`;
    const drop = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
    const { stdout, stderr } = spawnSync('setpriv', [...drop, process.execPath, ...flags, script], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ home: true, refused: 'setns: operation not permitted' });
  });
});
