import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernelAtLeast, mount, unmount } from '@tsnctl/linux';
import { listLinks, listQdiscs } from '@tsnctl/netlink';
import { expect, it } from 'vitest';
import { useLeakCheck } from '../leak-check.ts';
import { testNamespace } from '../test-namespace.ts';
import { virtualMachine } from '../virtual-machine.ts';
import { kernelNamed } from './kernels.ts';

useLeakCheck();

const run = (command: string) => {
  const [program = '', ...args] = command.split(' ');
  return execFileSync(program, args, { encoding: 'utf8' });
};
const main = fileURLToPath(new URL('../../../tsnctl/src/main.ts', import.meta.url));

it('is the kernel that was asked for', () => {
  const { name } = kernelNamed(virtualMachine()?.kernel ?? '');
  const numbers = /^\d+\.\d+/.exec(name)?.[0];
  if (numbers) expect(release()).toMatch(new RegExp(`^${numbers.replace('.', '\\.')}\\.`));
  expect(existsSync('/sys/kernel/realtime')).toBe(name.endsWith('-rt'));
});

it('has BTF', () => {
  expect(readFileSync('/sys/kernel/btf/vmlinux').readUInt16LE()).toBe(0xeb9f); // BTF_MAGIC in linux/btf.h
});

it('has the modules of its kernel, and modprobe loads them', () => {
  run('modprobe -a sch_taprio sch_etf sch_mqprio');
  const loaded = readFileSync('/proc/modules', 'utf8');
  for (const name of ['sch_taprio', 'sch_etf', 'sch_mqprio'])
    expect(loaded).toMatch(new RegExp(`^${name} `, 'm'));
});

it('loads a module when the kernel asks for it', () => {
  using namespace = testNamespace();
  run(`ip -n ${namespace.name} link add v0 numtxqueues 4 type veth peer name v1`);
  run(`tc -n ${namespace.name} qdisc add dev v0 root handle 1: mqprio num_tc 2 map 0 1 queues 1@0 3@1 hw 0`);
  run(`tc -n ${namespace.name} qdisc add dev v0 parent 1:1 etf clockid CLOCK_TAI delta 300000`);
  run(`tc -n ${namespace.name} qdisc add dev v1 root sfb`);
  const { socket } = namespace;
  const kinds = socket.request(listQdiscs()).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['mqprio', 'etf', 'sfb']));
  expect(socket.request(listLinks()).find(({ name }) => name === 'v0')).toMatchObject({ numTxQueues: 4 });
});

it('mounts /sys/fs/bpf', () => {
  mount('bpf', '/sys/fs/bpf', { type: 'bpf' });
  unmount('/sys/fs/bpf');
});

it('sees the files of the host, and writes only to its own copy', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'tsnctl-guest-')), 'file');
  run(`cp ${main} ${file}`);
  expect(readFileSync(file)).toEqual(readFileSync(main));
  rmSync(join(file, '..'), { recursive: true });
  expect(readFileSync('/proc/mounts', 'utf8')).toMatch(/^overlay \/ overlay rw,/m);
});

// Below, launch times do not survive the border of a namespace with their clock.
if (kernelAtLeast(6, 11)) {
  it('runs the command line, which loads and attaches our programs', () => {
    using namespace = testNamespace();
    run(`ip -n ${namespace.name} link add v0 type veth peer name v1`);
    mount('bpf', '/sys/fs/bpf', { type: 'bpf' });
    try {
      const tsnctl = (line: string) =>
        // Without the first, QEMU fails every other start: docs/decisions/2026-11-29-a-fault-of-qemu.md
        run(
          `${process.execPath} --liftoff-only -C @tsnctl/source --no-warnings ${main} ${line} --netns ${namespace.name}`,
        );
      tsnctl('attach uplink v0');
      expect(run('bpftool prog show')).toMatch(/sched_cls\s+name restorer/);
      tsnctl('detach all');
      expect(run('bpftool prog show')).not.toContain('restorer');
    } finally {
      unmount('/sys/fs/bpf');
    }
  });
}
