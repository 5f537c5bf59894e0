import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { addressOf, systemCall } from './libc.ts';

describe('systemCall', () => {
  it('throws the call and what was wrong', () => {
    const dup = systemCall('int dup(int fd)');
    expect(() => dup(-1)).toThrow(
      expect.objectContaining({ code: 'EBADF', message: 'dup: bad file descriptor' }),
    );
  });

  // A signal that Node handles, such as a child's end, interrupts poll, and recv with a timeout, whatever SA_RESTART says.
  describe('interrupted by a signal', () => {
    const prototype = 'int poll(void *fds, unsigned long count, int timeout)';

    it('is made again', async () => {
      const poll = systemCall(prototype);
      const { elapsedMs, result } = await whileSignalled(3, () => poll(null, 0, 400));
      expect(result).toBe(0);
      expect(elapsedMs).toBeGreaterThan(400);
    });

    it('is not where it must not be', async () => {
      const poll = systemCall(prototype, { restart: false });
      const { elapsedMs, result } = await whileSignalled(40, () => poll(null, 0, 5000));
      expect(result).toMatchObject({ code: 'EINTR' });
      expect(elapsedMs).toBeLessThan(4000);
    });
  });
});

describe('addressOf', () => {
  it('is where the view begins, not its buffer', () => {
    const whole = new Uint8Array(64);
    expect(addressOf(whole.subarray(24))).toBe(addressOf(whole) + 24n);
    expect(addressOf(new Uint32Array(whole.buffer))).toBe(addressOf(whole));
  });

  it('is NULL for an empty one', () => {
    expect(addressOf(new Uint8Array(0))).toBe(0n);
  });
});

/** Call while SIGUSR2 arrives every 100 ms: one alone may come before the call, on a busy machine. */
async function whileSignalled(
  times: number,
  action: () => unknown,
): Promise<{ elapsedMs: number; result: unknown }> {
  const ignore = () => undefined;
  process.on('SIGUSR2', ignore);
  const script = `echo; for each in $(seq ${times}); do sleep 0.1; kill -USR2 ${process.pid}; done`;
  const killer = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(killer, 'close');
  await once(killer.stdout, 'data');
  const start = performance.now();
  const result = attempt(action);
  const elapsedMs = performance.now() - start;
  killer.kill();
  await ended;
  process.off('SIGUSR2', ignore);
  return { elapsedMs, result };
}

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
