import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspectCases } from '../../../../proxy/test/inspect-cases.ts';
import { renderNode } from './node.ts';

const snapshots = new URL('../../../../proxy/testdata/inspect/', import.meta.url);

describe('renderNode, case by case', () => {
  it.each(inspectCases().flatMap((name) => [false, true].map((wide) => [name, wide] as const)))(
    '%s, wide: %s',
    async (name, wide) => {
      const snapshot = JSON.parse(readFileSync(new URL(`${name}/snapshot.json`, snapshots), 'utf8'));
      await expect(renderNode(snapshot, { wide })).toMatchFileSnapshot(
        `../../../testdata/inspect/${name}${wide ? '-wide' : ''}.txt`,
      );
    },
  );
});
