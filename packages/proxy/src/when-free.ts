import { setTimeout } from 'node:timers/promises';
import { isErrno } from '@tsnctl/linux';

/** An agent holds the lock for each change, and a command may come in between. */
const WAIT_MS = 3_000;
const PAUSE_MS = 20;

/** Again while another tsnctl is changing the same, for three seconds. @throws TsnctlError LOCKED */
export async function whenFree<Result>(action: () => Result): Promise<Result> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isErrno(error, 'LOCKED') || performance.now() > deadline) throw error;
    }
    await setTimeout(PAUSE_MS);
  }
}
