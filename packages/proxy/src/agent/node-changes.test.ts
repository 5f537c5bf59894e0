import { NetNs } from '@tsnctl/linux';
import { expect, it } from 'vitest';
import { NodeChanges } from './node-changes.ts';

it('says each thing once, and remembers no more than the last thousand', async () => {
  using node = NetNs.current();
  const lines: string[] = [];
  await using changes = new NodeChanges({ node, log: (line) => lines.push(line) });
  for (let pod = 0; pod < 1_000; pod++) {
    changes.say(`pod ${pod}`, 'it has gone');
    changes.say(`pod ${pod}`, 'it has gone');
  }
  expect(lines).toHaveLength(1_000);
  changes.say('one more', 'it has gone');
  changes.say('pod 1', 'it has gone');
  expect(lines).toHaveLength(1_001);
  changes.say('pod 0', 'it has gone');
  expect(lines).toHaveLength(1_002);
});
