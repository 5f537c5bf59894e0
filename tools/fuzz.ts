import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { stopAll } from './fuzz/chunk.ts';
import { again, fuzz, type TargetResult } from './fuzz/run.ts';
import { findTargets, type LocatedTarget } from './fuzz/targets.ts';

const usage = `npm run fuzz -- [--count N] [--seed S] [--target NAME]...

Feed every decoder of outside bytes with random and mutated ones: CI does it 100 000 times, this 1 000 000 times.
The same seed and count make the same inputs on every machine. What is found is stored as a test.`;

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stopAll();
    process.exit(1);
  });

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  const all = await findTargets();
  const targets = options?.target
    ? all.filter((it) => options.target?.some((name) => isCalled(it, name)))
    : all;
  if (!options || targets.length === 0) {
    console.error(`${usage}\n\nTargets: ${all.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const { count, seed } = options;
  console.log(`seed ${seed}, ${count} inputs, ${availableParallelism()} processes`);
  const results = await fuzz(targets, { count, seed, done: print });
  for (const result of results) printFindings(result, seed);
  const findings = results.flatMap((result) => result.findings);
  const foreign = findings.filter(({ kind }) => kind === 'foreign exception').length;
  const others = findings.length - foreign;
  console.log(
    `${sum(results)} inputs: ${foreign} foreign exceptions${others ? `, ${others} hangs, memory growths or deaths` : ''}`,
  );
  return findings.length === 0 ? 0 : 1;
}

function readOptions(): { count: number; seed: number; target?: string[] } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        count: { type: 'string', default: '1000000' },
        seed: { type: 'string', default: '1' },
        target: { type: 'string', multiple: true },
      },
    });
    const [count, seed] = [Number(values.count), Number(values.seed)];
    if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--count ${values.count} is no count`);
    if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed} is no whole number`);
    return { count, seed, ...(values.target && { target: values.target }) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n`);
    return undefined;
  }
}

function isCalled({ name, target }: LocatedTarget, wanted: string): boolean {
  return wanted === name || wanted === target.name;
}

function print(result: TargetResult): void {
  const { name, values, refusals, seconds, findings } = result;
  const numbers = `${cell(sum([result]))} inputs ${cell(values)} values ${cell(refusals)} refusals`;
  const found = findings.length > 0 ? `   ${findings.map(({ kind }) => kind).join(', ')}` : '';
  console.log(`${name.padEnd(24)}${numbers} ${seconds.toFixed(1).padStart(7)} s${found}`);
}

function printFindings({ name, findings }: TargetResult, seed: number): void {
  for (const { kind, message, index, input, file } of findings) {
    console.log(`\n${kind} in ${name}, seed ${seed}, input ${index}: ${message}`);
    console.log(
      `  input   ${input.length > 400 ? `${input.slice(0, 400)}... (${input.length / 2} bytes)` : input}`,
    );
    console.log(`  stored  ${file}, which npm test feeds to the package's targets from now on`);
    console.log(`  again   npm run fuzz -- ${again(name, seed, index)}\n`);
  }
}

function sum(results: readonly TargetResult[]): number {
  return results.reduce(
    (total, { values, refusals, findings }) => total + values + refusals + findings.length,
    0,
  );
}

function cell(value: number): string {
  return String(value).padStart(8);
}
