import { setTimeout } from 'node:timers/promises';
import { openFds, traceFds } from '@tsnctl/linux';
import { afterAll, beforeAll } from 'vitest';
import { otherProcesses, type Snapshot, snapshot } from './snapshot.ts';

/** What ends by itself, such as a process that was killed, has this long to do so. */
const PATIENCE_MS = 2000;
const POLL_MS = 20;

/** Fail the test file if it leaves something behind. Call it first of all hooks: it then looks last. */
export function useLeakCheck(): void {
  let check: LeakCheck | undefined;
  beforeAll(() => {
    check = leakCheck();
  });
  afterAll(async () => {
    const leaks = (await check?.leaks()) ?? [];
    if (leaks.length > 0) throw new Error(`these tests leave behind:\n${leaks.join('\n')}`);
  });
}

export interface LeakCheck {
  /** What has come since the check was made and is still there, one sentence each; waits for it to go. */
  leaks(patienceMs?: number): Promise<string[]>;
}

/** Remember what there is now: descriptors, namespaces, mounts and processes. One at a time. */
export function leakCheck(): LeakCheck {
  const others = otherProcesses();
  const before = snapshot(others);
  const since = () => whatCame(before, snapshot(others));
  traceFds(true);
  return {
    async leaks(patienceMs = PATIENCE_MS) {
      const deadline = performance.now() + patienceMs;
      let found = since();
      while (found.length > 0 && performance.now() < deadline) {
        await setTimeout(POLL_MS);
        found = since();
      }
      traceFds(false);
      return found;
    },
  };
}

function whatCame(before: Snapshot, now: Snapshot): string[] {
  const things = [...now].filter(([key]) => !before.has(key)).map(([, sentence]) => sentence);
  return [...things, ...openFds()];
}
