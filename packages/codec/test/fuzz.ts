import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';

/** What meets outside bytes: `run` ends in a value or throws a TsnctlError. `share` is its part of 100 000 inputs. */
export interface FuzzTarget {
  readonly name: string;
  readonly share: number;
  /** Good inputs, of which mutants are made. */
  readonly seeds: readonly Uint8Array[];
  run(input: Uint8Array): unknown;
}

/** `count` inputs for a target, the same ones for the same seed and chunk. `npm run fuzz` takes many chunks, CI the first. */
export function inputsOf(
  { name, seeds }: FuzzTarget,
  count: number,
  seed = 1,
  chunk = 0,
): Generator<Uint8Array> {
  return hostileInputs(seeds, count, hash(`${seed} ${name} ${chunk}`));
}

/** Numbers from 0 to below `limit`, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

/** `count` inputs: one in four is noise, the others are goldens with bytes changed, cut out, doubled or cut off. */
export function* hostileInputs(
  goldens: readonly Uint8Array[],
  count: number,
  seed: number,
): Generator<Uint8Array> {
  const random = randomFrom(seed);
  for (let i = 0; i < count; i++) {
    const golden = goldens[random(goldens.length)];
    yield golden === undefined || i % 4 === 0 ? noise(random) : mutant(golden, random);
  }
}

/** Feed a decoder; whatever it throws that is no TsnctlError is a finding, thrown with the input to be stored. */
export function feed(
  name: string,
  decoder: (input: Uint8Array) => unknown,
  input: Uint8Array,
): 'value' | 'refused' {
  try {
    decoder(input);
    return 'value';
  } catch (error) {
    if (error instanceof TsnctlError) return 'refused';
    const hex = Buffer.from(input).toString('hex');
    throw new Error(`${name} crashed; store this in testdata/crashers/: ${hex}`, { cause: error });
  }
}

/** The inputs in a folder of .hex files; lines that begin with # are comments. */
export function storedInputs(folder: URL): { name: string; bytes: Uint8Array }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.hex'))
    .map((name) => ({ name, bytes: parseHex(readFileSync(new URL(name, folder), 'utf8')) }));
}

export function parseHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/^#.*$/gm, '').replace(/\s/g, ''), 'hex'));
}

/** FNV-1a: 32 bits of a text. */
function hash(text: string): number {
  return [...text].reduce((sum, char) => Math.imul(sum ^ char.charCodeAt(0), 0x0100_0193), 0x811c_9dc5 | 0);
}

type Random = (limit: number) => number;

function noise(random: Random): Uint8Array {
  return Uint8Array.from({ length: random(96) }, () => random(256));
}

const edits: readonly ((bytes: number[], at: number, random: Random) => void)[] = [
  (bytes, at, random) => bytes.splice(at, 1, random(256)),
  (bytes, at, random) => bytes.splice(at, 1, [0, 1, 0x7f, 0x80, 0xff][random(5)] as number),
  (bytes, at, random) => bytes.splice(at, 1, (bytes[at] ?? 0) ^ (1 << random(8))),
  (bytes, at, random) => bytes.splice(at, 1 + random(8)),
  (bytes, at, random) => bytes.splice(at, 0, ...bytes.slice(at, at + 1 + random(16))),
  (bytes, at, random) => bytes.splice(at, 4, ...[0xff, 0xff, 0xff, 0xff].slice(random(3))),
  (bytes, at) => bytes.splice(at),
];

function mutant(golden: Uint8Array, random: Random): Uint8Array {
  const bytes = [...golden];
  for (let n = 1 + random(4); n > 0; n--)
    edits[random(edits.length)]?.(bytes, random(bytes.length + 1), random);
  return Uint8Array.from(bytes);
}
