import { deepEqual, equal } from 'node:assert/strict';
import { TsnctlError } from '@tsnctl/codec';
import { decodeRecord, encodeRecord, recordBytes } from '@tsnctl/example-talker';
import { parseOptions, UsageError } from '../../../examples/talker/src/options.ts';
import type { FuzzTarget } from '../../codec/test/fuzz.ts';

// Not beside the talker's decoder: the talker knows nothing of this project.
export const crashers = new URL('../testdata/crashers/', import.meta.url);

const lines = [
  `serve --port 7000 --proto udp --bind ${'x'.repeat(60)}`, // few of whose mutants are refused
  'send --to 198.18.0.2 --port 7000 --proto udp --flow 7 --count 20 --priority 5 --txtime mono --lead-ms 10',
  'send --to ::1 --port 7000 --proto tcp --flow 4000000000 --count 3 --interval-us 0 --device eth0',
  'serve --port 7000 --proto udp --bind :: --timeout-s 60 --flow 9 --priority 6 --txtime tai',
];

export const targets: readonly FuzzTarget[] = [
  { name: 'talkerRecord', share: 500, seeds: [record('none'), record('tai')], run: useRecord },
  {
    name: 'talkerOptions',
    share: 500,
    seeds: lines.map((line) => new TextEncoder().encode(line)),
    run: useOptions,
  },
];

/** The talker answers with a record or undefined; a record must be written as it was read. */
function useRecord(input: Uint8Array): void {
  const decoded = decodeRecord(Buffer.from(input));
  if (decoded === undefined) throw new TsnctlError('NO_RECORD', 'these bytes are no record');
  const again = Buffer.alloc(recordBytes);
  encodeRecord(decoded, again);
  deepEqual(again.subarray(0, 28), Buffer.from(input).subarray(0, 28));
}

/** Whatever the talker takes it can send: ports and numbers that fit their fields. */
function useOptions(input: Uint8Array): void {
  const { port, flow, priority = 0, txtime } = parsed(new TextDecoder().decode(input).split(' '));
  const fits = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value <= most;
  equal(fits(port - 1, 65_534) && fits(flow, 0xffff_ffff) && fits(priority, 15), true);
  equal(fits(txtime?.leadMs ?? 0, 3_600_000), true);
}

function parsed(args: string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(args);
  } catch (error) {
    if (error instanceof UsageError) throw new TsnctlError('USAGE', error.message);
    throw error;
  }
}

function record(clock: 'none' | 'tai'): Uint8Array {
  const bytes = Buffer.alloc(recordBytes);
  const launchTimeNs = clock === 'none' ? 0n : 0x0102_0304_0506_0708n;
  encodeRecord({ flow: 7, seq: 2, priority: 5, launchTimeNs, clock }, bytes);
  return bytes;
}
