import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missing } from '@tsnctl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileInputs } from '../../codec/test/fuzz.ts';
import { isObject, parseJson } from '../src/json.ts';
import type { Json } from '../src/json-type.ts';
import { config } from './malformed.ts';

const unbuilt = missing({ programs: ['gcc'] });
const folder = mkdtempSync(join(tmpdir(), 'tsnctl-json-'));
const program = join(folder, 'json-reader');
const source = fileURLToPath(new URL('json-reader.c', import.meta.url));

beforeAll(() => {
  if (unbuilt !== undefined && process.env.TSNCTL_NO_SKIP === '1') throw new Error(unbuilt);
  if (unbuilt !== undefined) return;
  const checked = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  execFileSync('gcc', [...checked, '-Wall', '-Werror', source, '-o', program], { stdio: 'inherit' });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(unbuilt !== undefined)("the plugin's reader of JSON, with its memory watched", () => {
  it('finds in 20 000 hostile texts what JSON.parse finds', { timeout: 90_000 }, () => {
    const seeds = [
      config(),
      '{"name":"po\\u0064s\\/\\"","a":[1.5e3,-0,null,true,false,"\\u00e4\\n"],"b":{"c":-0.1E+2}}',
      ' [ 1, {"name":"x"}, "\\\\" ] ',
      '{"name":null,"name":"ä","":{}}',
      '-12.5e-7',
      '"\\ud83d\\ude00"',
      `{"name":"deep","a":${'['.repeat(127)}${']'.repeat(127)}}`,
    ].map((text) => new TextEncoder().encode(text));
    const inputs = [...hostileInputs(seeds, 20_000, 1)];
    const found = read(inputs);
    expect(found).toHaveLength(inputs.length);
    const kinds = new Set<string>();
    for (const [at, input] of inputs.entries()) {
      const { kind, name } = expected(input);
      const [saidKind, saidName] = (found[at] ?? '').split(' ');
      kinds.add(kind);
      const what = Buffer.from(input).toString('latin1');
      expect(saidKind, what).toBe(kind);
      // What is not ASCII is only known to be something else.
      if (name === undefined || isPlain(name))
        expect(saidName, what).toBe(name && Buffer.from(name).toString('hex'));
    }
    expect(kinds).toEqual(new Set(['none', 'object', 'value']));
  });
});

function read(inputs: readonly Uint8Array[]): string[] {
  const framed = inputs.flatMap((input) => [new Uint8Array(Uint32Array.of(input.length).buffer), input]);
  const input = Buffer.concat(framed);
  const options = { input, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 60_000 } as const;
  return execFileSync(program, options).trimEnd().split('\n');
}

function expected(input: Uint8Array): { kind: string; name?: string } {
  let value: Json;
  try {
    value = parseJson(new TextDecoder('utf-8', { ignoreBOM: true }).decode(input), 'it');
  } catch {
    return { kind: 'none' };
  }
  if (!isObject(value)) return { kind: 'value' };
  return { kind: 'object', ...(typeof value.name === 'string' && { name: value.name }) };
}

function isPlain(text: string): boolean {
  return [...text].every((char) => char > '\0' && char < '\x80');
}
