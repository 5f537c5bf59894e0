import { expect, it } from 'vitest';
import * as z from 'zod';
import { nodeSnapshotSchema } from './schema.ts';

/** After a change of the schema: npx vitest run --dir packages/proxy schema -u */
it('is published in docs/', async () => {
  const published = z.toJSONSchema(nodeSnapshotSchema);
  await expect(`${JSON.stringify(published, null, 2)}\n`).toMatchFileSnapshot(
    '../../../../docs/inspect.schema.json',
  );
});
