import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Run all *.qemu.test.ts on this machine; how vitest ended. */
export async function runnerTests(root: string, report: string, signal: AbortSignal): Promise<string> {
  const child = spawn('vitest', ['run', '--mode', 'qemu'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TSNCTL_REPORT: report },
  });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end);
  await once(child, 'close');
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  return child.exitCode === null ? `killed by ${child.signalCode}` : `exited ${child.exitCode}`;
}
