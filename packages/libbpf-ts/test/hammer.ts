// Writes and reads maps while the garbage collector is kept busy: an address that outlives its buffer gives
// wrong values. Prints how many there were. Run by src/memory.kernel.test.ts.
import { BpfObject, queryTcx } from '../src/index.ts';
import { testObject } from './objects.ts';

interface Place {
  row: number;
  column: number;
  floor: number;
  lit: boolean;
}
interface Thing {
  weight: bigint;
  colour: string | number;
  parts: number[];
}

const ROUNDS = 20_000;
const junk: Uint8Array[] = [];
const wrong: string[] = [];

using object = BpfObject.open(testObject('shapes'), 'shapes').load();
using things = object.map<Place, Thing>('things');
using tallies = object.map<number, { hits: number[] }>('tallies');
using plain = object.map<number, Uint8Array>('plain');

for (let round = 0; round < ROUNDS; round++) {
  const place = { row: round, column: round & 0xffff, floor: 3, lit: true };
  const thing = { weight: BigInt(round) * 1_000_003n, colour: 'GREEN', parts: [round & 0xff, 1, 2] };
  const hits = [round, round + 1, round + 2];
  const bytes = Uint8Array.of(round, round >> 8, 3, 4, 5);
  try {
    things.set(place, thing);
    tallies.set(1, { hits });
    plain.set(0, bytes);
    litter(round);
    expectSame(`thing ${round}`, things.get(place), thing);
    for (const copy of tallies.getPerCpu(1) ?? []) expectSame(`tally ${round}`, copy, { hits });
    expectSame(`plain ${round}`, plain.list(1)[0], bytes);
    if (!things.delete(place)) wrong.push(`${round}: not deleted`);
    if (round % 1000 === 0) queryTcx({ ifindex: 1, direction: 'ingress' });
  } catch (error) {
    wrong.push(`${round}: ${error}`);
  }
}
console.log(JSON.stringify({ rounds: ROUNDS, wrong: wrong.length, first: wrong.slice(0, 3) }));

/** Takes the memory that was freed last. */
function litter(round: number): void {
  const rubbish = new Uint8Array(4 + (round % 29)).fill(0xee);
  void rubbish.buffer; // moves it off V8's own heap, where the buffers of system calls are
  junk[round % 64] = rubbish;
}

function expectSame(what: string, found: unknown, wanted: unknown): void {
  if (text(found) !== text(wanted)) wrong.push(`${what}: ${text(found)}, not ${text(wanted)}`);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? String(field) : field));
}
