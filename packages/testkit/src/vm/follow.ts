import { closeSync, openSync, readSync } from 'node:fs';

const POLL_MS = 50;

/** Hand on what is written to a file, until it is stopped: that reads the rest. The file may not be there yet. */
export function follow(path: string, take: (data: Buffer) => void): { stop(): void } {
  let fd: number | undefined;
  const buffer = Buffer.alloc(2 ** 16);
  const read = () => {
    fd ??= attempt(path);
    if (fd === undefined) return;
    for (let size = 1; size > 0; ) {
      size = readSync(fd, buffer);
      if (size > 0) take(Buffer.from(buffer.subarray(0, size)));
    }
  };
  const timer = setInterval(read, POLL_MS);
  return {
    stop() {
      clearInterval(timer);
      read();
      if (fd !== undefined) closeSync(fd);
    },
  };
}

function attempt(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
