import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { useLeakCheck } from '../leak-check.ts';
import { type BootOptions, boot, RESULTS } from './boot.ts';
import { guestEnvironment } from './guest-environment.ts';
import { type KernelImage, kernelImage } from './kernel-image.ts';
import { kernelNamed } from './kernels.ts';
import { tail } from './outcome.ts';

const KERNEL = '6.12';
const PATIENCE_MS = 180_000;
vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS });

useLeakCheck();

let image: KernelImage;
beforeAll(async () => {
  image = await kernelImage(kernelNamed(KERNEL), { say: () => {} });
});

async function inGuest(script: string, options: Partial<BootOptions> = {}) {
  const output = { stdout: '', stderr: '' };
  const environment = guestEnvironment({ WORD: "it's" });
  const result = await boot({
    image,
    command: { argv: ['sh', '-c', script], directory: '/usr', environment, modules: [] },
    output: (stream, data) => {
      output[stream] += data;
    },
    ...options,
  });
  expect(temporaryOf(process.pid)).toEqual([]);
  return { ...result, output };
}

function temporaryOf(pid: number | undefined): string[] {
  return globSync(`tsnctl-vm-${pid}-*`, { cwd: tmpdir() });
}

describe('boot', () => {
  it('brings back output, results and the exit code', async () => {
    let results: string[] = [];
    const { outcome, output } = await inGuest(
      `uname -r; pwd; echo "$WORD" >&2; echo >${RESULTS}/file; exit 7`,
      {
        results: (directory) => {
          results = globSync('*', { cwd: directory });
        },
      },
    );
    expect(outcome).toEqual({ kind: 'exited', code: 7 });
    expect(output).toEqual({ stdout: `${image.release}\n/usr\n`, stderr: "it's\n" });
    expect(results).toEqual(['file']);
  });

  it('names a panic; the reason is at the end of the console', async () => {
    const { outcome, console } = await inGuest('echo c >/proc/sysrq-trigger');
    expect(outcome).toEqual({ kind: 'panic', message: 'Kernel panic - not syncing: sysrq triggered crash' });
    expect(tail(console)).toContain('sysrq_handle_crash');
  });

  describe('a panic by what QEMU got wrong', () => {
    const fault = 'echo "<2>Oops: int3: 0000 [#1] SMP" >/dev/kmsg; echo c >/proc/sysrq-trigger';

    it('is tried again, if the command may begin again', async () => {
      const flag = join(mkdtempSync(join(tmpdir(), 'tsnctl-vm-flag-')), 'flag');
      const outcomes: string[] = [];
      try {
        const { outcome } = await inGuest(`[ -e ${flag} ] && exit 7; ${fault}`, {
          repeatable: true,
          onRepeat: ({ kind }) => {
            outcomes.push(kind);
            writeFileSync(flag, '');
          },
        });
        expect(outcomes).toEqual(['emulator fault']);
        expect(outcome).toEqual({ kind: 'exited', code: 7 });
      } finally {
        rmSync(join(flag, '..'), { recursive: true });
      }
    });

    it('is reported, if it may not', async () => {
      const { outcome } = await inGuest(fault, { onRepeat: () => expect.unreachable() });
      expect(outcome).toEqual({ kind: 'emulator fault', message: 'int3: 0000 [#1] SMP' });
    });
  });

  it('names a machine that goes off before its command is done', async () => {
    const { outcome } = await inGuest('echo o >/proc/sysrq-trigger; sleep 1000');
    expect(outcome).toEqual({ kind: 'no result', qemu: 'qemu exited 0' });
  });

  it('names a command that takes too long in a machine that lives', async () => {
    const { outcome, output } = await inGuest('echo begun; sleep 1000', { limitMs: 40_000 });
    expect(outcome).toEqual({ kind: 'timed out', limitMs: 40_000 });
    expect(output.stdout).toBe('begun\n');
  });

  it('names a machine that hangs', async () => {
    const { outcome, output } = await inGuest('echo begun; echo freeze >/sys/power/state; echo awake', {
      silenceMs: 30_000,
    });
    expect(outcome).toMatchObject({ kind: 'hang' });
    expect(output.stdout).toBe('begun\n');
  });

  it('names a machine that does not start', async () => {
    const { outcome } = await inGuest('true', { cpus: 1000 });
    expect(outcome).toMatchObject({ kind: 'no result', qemu: expect.stringMatching(/^qemu exited 1: .*/) });
  });

  it('ends the machine when it is told to', async () => {
    const controller = new AbortController();
    const aborted = inGuest('echo begun; sleep 1000', {
      signal: controller.signal,
      output: () => controller.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(temporaryOf(process.pid)).toEqual([]);
  });
});

describe('npm run vm', () => {
  const program = fileURLToPath(new URL('run-command.ts', import.meta.url));

  async function started() {
    const script = ['sh', '-c', 'echo begun; sleep 1000'];
    const args = ['--disable-warning=ExperimentalWarning', program, KERNEL, '--', ...script];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const qemu = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    expect(readFileSync(`/proc/${qemu}/cmdline`, 'utf8')).toContain('qemu-system');
    return { child, qemu };
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends all that it started at %s', async (signal, code) => {
    const { child, qemu } = await started();
    child.kill(signal);
    await once(child, 'close');
    expect(child.exitCode).toBe(code);
    expect(existsSync(`/proc/${qemu}`)).toBe(false);
    expect(temporaryOf(child.pid)).toEqual([]);
  });

  it('does not leave the machine behind even when it is killed', async () => {
    const { child, qemu } = await started();
    child.kill('SIGKILL');
    await once(child, 'close');
    await vi.waitFor(() => expect(existsSync(`/proc/${qemu}`)).toBe(false), { timeout: 20_000 });
    for (const directory of temporaryOf(child.pid)) rmSync(join(tmpdir(), directory), { recursive: true });
  });
});
