import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Fd, NetNs, unmount } from '@tsnctl/linux';
import { BpfObject } from 'libbpf-ts';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { leakCheck } from './leak-check.ts';
import { requires } from './requires.ts';
import { testBpffs } from './test-bpffs.ts';
import { testNamespace } from './test-namespace.ts';

beforeEach((ctx) => requires(ctx, { root: true }));

describe('leakCheck finds', () => {
  it('nothing where nothing is left', async () => {
    const check = leakCheck();
    {
      using namespace = testNamespace();
      using bpffs = testBpffs();
      execFileSync('true');
      expect(namespace.name).toContain('tsnctl-test-');
      expect(bpffs.path).toContain('tsnctl-test-');
    }
    expect(await check.leaks()).toEqual([]);
  });

  it('a descriptor', async () => {
    const check = leakCheck();
    const fd = openSync('/etc/passwd', 'r');
    expect(await check.leaks(0)).toEqual([`fd ${fd} is open: /etc/passwd`]);
    closeSync(fd);
    expect(await check.leaks()).toEqual([]);
  });

  it('an Fd, and where it was opened', async () => {
    const check = leakCheck();
    const fd = new Fd(openSync('/etc/passwd', 'r'));
    const [open, stack] = await check.leaks(0);
    expect(open).toBe(`fd ${fd.number} is open: /etc/passwd`);
    expect(stack).toMatch(/was opened here\n.*\n?.*leak-check\.kernel\.test\.ts:\d+/);
    fd[Symbol.dispose]();
    expect(await check.leaks()).toEqual([]);
  });

  it('a namespace', async () => {
    const check = leakCheck();
    const name = `tsnctl-test-${process.pid}-leaked`;
    NetNs.create(name)[Symbol.dispose]();
    onTestFinished(() => NetNs.remove(name));
    expect(await check.leaks(0)).toEqual([`the namespace /run/netns/${name} is there`]);
  });

  it('a mount', async () => {
    const check = leakCheck();
    const bpffs = testBpffs();
    expect(await check.leaks(0)).toEqual([`${bpffs.path} is mounted`]);
    bpffs[Symbol.dispose]();
    expect(() => unmount(bpffs.path)).toThrow();
  });

  it('a process, and waits for one that ends', async () => {
    const check = leakCheck();
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    expect(await check.leaks(0)).toEqual([`process ${child.pid} runs: sleep 60`]);
    child.kill();
    expect(await check.leaks()).toEqual([]);
  });

  it('BPF maps and programs, by their ids', async () => {
    const check = leakCheck();
    const elf = readFileSync(fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/injector.bpf.o')));
    using object = BpfObject.open(elf, 'injector').load();
    const found = (await check.leaks(0)).join('\n');
    expect(found).toMatch(/^fd \d+ is open: anon_inode:bpf-map map_id: \d+$/m);
    expect(found).toMatch(/^fd \d+ is open: anon_inode:bpf-prog prog_id: \d+$/m);
    object[Symbol.dispose]();
    expect(await check.leaks()).toEqual([]);
  });
});

describe('leakCheck overlooks', () => {
  let other: ChildProcess;
  beforeEach(async () => {
    other = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(other, 'spawn');
    return () => void other.kill();
  });

  it("another process's namespace, also when that has been killed since; but not that of one who died before", async () => {
    const { pid } = spawnSync('true');
    const check = leakCheck();
    for (const name of [`tsnctl-test-${other.pid}-0`, `tsnctl-test-${pid}-0`]) {
      NetNs.create(name)[Symbol.dispose]();
      onTestFinished(() => NetNs.remove(name));
    }
    const leaks = [`the namespace /run/netns/tsnctl-test-${pid}-0 is there`];
    expect(await check.leaks(0)).toEqual(leaks);
    other.kill();
    await once(other, 'exit');
    expect(await check.leaks(0)).toEqual(leaks);
  });
});

it('useLeakCheck fails a file whose tests all pass', () => {
  const testdata = fileURLToPath(new URL('../testdata', import.meta.url));
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')));
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--root', testdata], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  });
  expect(stdout).toContain('1 passed');
  expect(stderr).toMatch(/these tests leave behind:\n.*fd \d+ is open: \/etc\/passwd/);
  expect(status).toBe(1);
});
