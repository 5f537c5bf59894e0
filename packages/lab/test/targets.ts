import { deepEqual } from 'node:assert/strict';
import { TsnctlError } from '@tsnctl/codec';
import { decodeRecord, encodeRecord, recordBytes } from '@tsnctl/example-talker';
import type { FuzzTarget } from '../../codec/test/fuzz.ts';

// Not beside the talker's decoder: the talker knows nothing of this project.
export const crashers = new URL('../testdata/crashers/', import.meta.url);

export const targets: readonly FuzzTarget[] = [
  { name: 'talkerRecord', share: 500, seeds: [record('none'), record('tai')], run: useRecord },
];

/** The talker answers with a record or undefined; a record must be written as it was read. */
function useRecord(input: Uint8Array): void {
  const decoded = decodeRecord(Buffer.from(input));
  if (decoded === undefined) throw new TsnctlError('NO_RECORD', 'these bytes are no record');
  const again = Buffer.alloc(recordBytes);
  encodeRecord(decoded, again);
  deepEqual(again.subarray(0, 28), Buffer.from(input).subarray(0, 28));
}

function record(clock: 'none' | 'tai'): Uint8Array {
  const bytes = Buffer.alloc(recordBytes);
  const launchTimeNs = clock === 'none' ? 0n : 0x0102_0304_0506_0708n;
  encodeRecord({ flow: 7, seq: 2, priority: 5, launchTimeNs, clock }, bytes);
  return bytes;
}
