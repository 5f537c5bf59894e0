// One chunk of inputs in a process of its own, which chunk.ts starts and watches.
import { openSync, writeSync } from 'node:fs';
import { type FuzzTarget, feed, inputsOf } from '../../packages/codec/test/fuzz.ts';
import { type Chunk, type Finding, LIMITS } from './chunk.ts';

const { module, name, count, seed, chunk, progress }: Chunk & { progress: string } = JSON.parse(
  process.argv[2] ?? '',
);
process.on('SIGINT', () => undefined); // of the terminal: the parent stops this process
const { targets } = (await import(module)) as { targets: readonly FuzzTarget[] };
const target = targets.find((candidate) => candidate.name === name) as FuzzTarget;
const fd = openSync(progress, 'r+');
const seen = { value: 0, refused: 0 };

const finding = runAll();
report(seen.value + seen.refused);
if (finding) process.send?.(finding);
process.disconnect();

function runAll(): Finding | undefined {
  const warm = Math.min(500, count >> 1);
  let before = 0;
  let index = 0;
  for (const input of inputsOf(target, count, seed, chunk)) {
    report(index);
    const error = errorOf(input);
    if (error) return { kind: 'foreign exception', message: error, index };
    if (index === warm) before = bytesInUse();
    if (index > warm && (index % 2000 === 0 || index === count - 1)) {
      const grown = bytesInUse() - before;
      const message = `${grown >> 20} MB more are in use than after input ${warm}`;
      if (grown > LIMITS.growthBytes) return { kind: 'memory growth', message, index };
    }
    index++;
  }
  return undefined;
}

/** Before each input, where a process that dies of it cannot lose it. */
function report(index: number): void {
  writeSync(fd, Uint32Array.of(index, seen.value, seen.refused), 0, 12, 0);
}

function errorOf(input: Uint8Array): string | undefined {
  try {
    seen[feed(name, target.run, input)]++;
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

/** The exception itself: `feed` wraps it once for each decoder that another one calls. */
function describe(error: unknown): string {
  const chain = [error];
  for (let at = error; at instanceof Error && at.cause !== undefined; at = at.cause) chain.push(at.cause);
  const last = chain.at(-1);
  return last instanceof Error ? (last.stack ?? String(last)) : `thrown: ${String(last)}`;
}

/** V8 gives back large buffers beside the program, after a collection has returned: the next one waits for that. */
function bytesInUse(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
