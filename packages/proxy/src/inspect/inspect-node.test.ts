import { describe, expect, it } from 'vitest';
import { inspectCase, inspectCases } from '../../test/inspect-cases.ts';
import { inspectNode } from './inspect-node.ts';
import { nodeSnapshotSchema } from './schema.ts';

describe('inspectNode, case by case', () => {
  it.each(inspectCases())('%s', async (name) => {
    const snapshot = inspectNode(inspectCase(name));
    expect(nodeSnapshotSchema.parse(snapshot)).toEqual(snapshot); // as the schema says, and no key besides
    await expect(`${JSON.stringify(snapshot, null, 2)}\n`).toMatchFileSnapshot(
      `../../testdata/inspect/${name}/snapshot.json`,
    );
  });

  it('is plain data: JSON gives back the same', () => {
    const snapshot = inspectNode(inspectCase('taprio'));
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });
});
