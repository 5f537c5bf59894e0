import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { VmError } from './vm-error.ts';

/** Wait until no other process holds a lock on this directory, then hold it until disposed, or until this process ends. */
export async function holdLock(directory: string): Promise<Disposable> {
  const args = [directory, 'sh', '-c', 'echo held; exec cat'];
  const child = spawn('flock', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = once(child, 'close').then(() => {
    throw new VmError(`flock ${directory} failed`);
  });
  await Promise.race([once(child.stdout, 'data'), failed]);
  failed.catch(() => {}); // It ends when the lock is given back.
  return { [Symbol.dispose]: () => child.stdin.end() };
}
