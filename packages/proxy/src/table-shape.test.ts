import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TsnctlError } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { mapName, tableShapeOf } from './table-shape.ts';

const object = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(`@tsnctl/bpf/${name}.bpf.o`))));

// Sizes that bpf/tables.h asserts, times POD_SLOTS and UPLINK_SLOTS.
const shapes = [
  ['gate', 'pods', { kernelName: '.data.pods', entries: 1, valueSize: 2048 * 64 }],
  ['pod_saver', 'pod_counters', { kernelName: 'pod_counters', entries: 2048, valueSize: (16 + 10) * 8 }],
  ['restorer', 'uplinks', { kernelName: '.data.uplinks', entries: 1, valueSize: 64 * 16 }],
  ['restorer', 'uplink_counters', { kernelName: 'uplink_counters', entries: 64, valueSize: (16 + 3) * 8 }],
] as const;

describe('tableShapeOf', () => {
  it.each(shapes)('%s.bpf.o, %s', (file, table, shape) => {
    expect(tableShapeOf(object(file), table)).toEqual(shape);
  });

  it('is the same in all objects that share a table', () => {
    for (const table of ['pods', 'pod_counters'] as const) {
      const [first, ...others] = ['saver', 'gate', 'pod_saver'].map((file) =>
        tableShapeOf(object(file), table),
      );
      for (const other of others) expect(other).toEqual(first);
    }
  });

  it('refuses an object that has no such table', () => {
    const refused = (() => {
      try {
        return tableShapeOf(object('restorer'), 'pods');
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(TsnctlError);
    expect(refused).toMatchObject({
      code: 'BAD_OBJECT',
      message: 'the BPF objects do not say how pods is laid out',
      hint: 'npm run bpf',
    });
  });
});

describe('mapName', () => {
  it('is a section for a global array, and the name for a map', () => {
    expect(mapName('pods')).toBe('.data.pods');
    expect(mapName('uplink_counters')).toBe('uplink_counters');
  });
});
