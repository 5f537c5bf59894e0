import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputsOf } from '../../packages/codec/test/fuzz.ts';
import { CHUNK_SIZE, type Chunk, type ChunkResult, type Finding, runChunk } from './chunk.ts';
import { divide, type LocatedTarget, root } from './targets.ts';

/** A finding with its input; `index` counts from the target's first input, `file` is where the input was stored. */
export interface Stored extends Finding {
  readonly input: string;
  readonly file: string;
}

export interface TargetResult {
  readonly name: string;
  readonly values: number;
  readonly refusals: number;
  readonly seconds: number;
  readonly findings: readonly Stored[];
}

/** Feed each target its share of `count` inputs, one process per core; `done` hears of each target, in their order. */
export async function fuzz(
  targets: readonly LocatedTarget[],
  { count, seed, done }: { count: number; seed: number; done?: (result: TargetResult) => void },
): Promise<TargetResult[]> {
  const counts = divide(count, targets);
  const run = limited(availableParallelism());
  const running = targets.map((located, at) =>
    Promise.all(chunksOf(located, counts[at] ?? 0, seed).map((chunk) => run(() => runChunk(chunk)))),
  );
  const results: TargetResult[] = [];
  for (const [at, located] of targets.entries()) {
    const result = add(located, seed, (await running[at]) ?? []);
    results.push(result);
    done?.(result);
  }
  return results;
}

function chunksOf({ module, target }: LocatedTarget, count: number, seed: number): Chunk[] {
  return Array.from({ length: Math.ceil(count / CHUNK_SIZE) }, (_, chunk) => ({
    ...{ module, name: target.name, seed, chunk },
    count: Math.min(CHUNK_SIZE, count - chunk * CHUNK_SIZE),
  }));
}

function add(located: LocatedTarget, seed: number, chunks: readonly ChunkResult[]): TargetResult {
  const sum = (of: (chunk: ChunkResult) => number) => chunks.reduce((total, chunk) => total + of(chunk), 0);
  const findings = new Map<string, Stored>();
  for (const [chunk, { finding }] of chunks.entries()) {
    const known = finding && `${finding.kind} ${firstLine(finding.message).replace(/\d+/g, 'N')}`;
    if (known && !findings.has(known)) findings.set(known, store(located, seed, chunk, finding));
  }
  return {
    name: located.name,
    values: sum(({ values }) => values),
    refusals: sum(({ refusals }) => refusals),
    seconds: sum(({ seconds }) => seconds),
    findings: [...findings.values()],
  };
}

/** Make the input again and keep it as a .hex file, which the package's tests feed to all of its targets. */
function store(
  { name, target, crashers }: LocatedTarget,
  seed: number,
  chunk: number,
  finding: Finding,
): Stored {
  const bytes = [...inputsOf(target, finding.index + 1, seed, chunk)].at(-1) ?? new Uint8Array();
  const input = Buffer.from(bytes).toString('hex');
  const index = chunk * CHUNK_SIZE + finding.index;
  const path = new URL(`${target.name}-seed-${seed}-${index}.hex`, crashers);
  const head = `# ${finding.kind}: ${firstLine(finding.message)}\n# npm run fuzz -- ${again(name, seed, index)}\n`;
  mkdirSync(crashers, { recursive: true });
  writeFileSync(path, `${head}${input}\n`);
  return { ...finding, index, input, file: relative(root, fileURLToPath(path)) };
}

/** The flags that end with this very input. */
export function again(name: string, seed: number, index: number): string {
  return `--target ${name} --seed ${seed} --count ${index + 1}`;
}

export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/** Start what it is given, `most` at a time. */
function limited(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
