import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { feed, storedInputs } from '../packages/codec/test/fuzz.ts';
import { fuzz, type TargetResult } from './fuzz/run.ts';
import { divide, findTargets } from './fuzz/targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'tsnctl-planted-'));
const crashers = pathToFileURL(`${folder}/`);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the targets of all packages', () => {
  it('share at least 100 000 inputs in CI, and exactly as many as are asked for otherwise', async () => {
    const targets = await findTargets();
    expect(targets.reduce((sum, { target }) => sum + target.share, 0)).toBeGreaterThanOrEqual(100_000);
    for (const total of [1, 99, 1_000_003])
      expect(divide(total, targets).reduce((a, b) => a + b)).toBe(total);
    expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length);
  });
});

describe('faults planted in targets', () => {
  it('are found, and stored with the input that finds them again', { timeout: 60_000 }, async () => {
    const [sound, throws, loops, leaks, dies] = await fuzzPlanted(12_500, 7);
    expect(sound).toMatchObject({ findings: [] });
    expect((sound?.values ?? 0) + (sound?.refusals ?? 0)).toBe(2_500);
    expect(throws?.findings[0]).toMatchObject({
      kind: 'foreign exception',
      input: expect.stringMatching(/^7f/),
    });
    expect(throws?.findings[0]?.message).toMatch(/^TypeError: planted\n/);
    expect(loops?.findings[0]).toMatchObject({ kind: 'hang', message: 'more than 2 s for one input' });
    expect(leaks?.findings[0]).toMatchObject({ kind: 'memory growth' });
    expect(dies?.findings[0]).toMatchObject({ kind: 'death', message: 'the process ended: SIGABRT' });

    const name = readdirSync(folder).find((file) => file.startsWith('throws')) ?? '';
    expect(readFileSync(join(folder, name), 'utf8')).toMatch(
      /^# foreign exception: TypeError: planted\n# npm run fuzz -- --target tools\/throws --seed 7 --count \d+\n7f/,
    );
    const stored = storedInputs(crashers).find((it) => it.name === name)?.bytes ?? new Uint8Array();
    const [located] = (await findPlanted()).filter((it) => it.name === 'tools/throws');
    expect(() => located && feed(name, located.target.run, stored)).toThrow(
      `${name} crashed; store this in testdata/crashers/: 7f`,
    );
  });
});

async function findPlanted() {
  return (await findTargets(['tools/fuzz/planted.ts'])).map((located) => ({ ...located, crashers }));
}

async function fuzzPlanted(count: number, seed: number): Promise<TargetResult[]> {
  return fuzz(await findPlanted(), { count, seed });
}
