import type { ChildProcess } from 'node:child_process';

/** A child process, with what it has printed and how it ends. */
export class RunningChild {
  readonly process: ChildProcess;
  /** Its exit code; null where a signal has ended it. */
  readonly ended: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(process: ChildProcess) {
    this.process = process;
    process.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    process.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.ended = new Promise((resolve, reject) => {
      process.once('close', resolve);
      process.once('error', reject);
    });
    this.ended.catch(() => undefined); // reported where it is awaited
  }

  /** Wait until it has printed what is looked for; one that ends before has failed. */
  async prints(isThere: (stdout: string) => boolean, failure: () => Error): Promise<void> {
    const printed = new Promise<void>((resolve) => {
      const look = () => {
        if (isThere(this.stdout)) resolve();
      };
      this.process.stdout?.on('data', look);
      look();
    });
    const over = this.ended.then(() => {
      throw failure();
    });
    await Promise.race([printed, over]);
  }
}
