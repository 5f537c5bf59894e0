import { readFileSync } from 'node:fs';
import { isRefused, readSchedule, validate } from '@tsnctl/schedule';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { startCluster } from '../../test/cluster.ts';
import { top } from '../../test/deploy-files.ts';
import { tsnInterface } from './tsn-interface.ts';

const page = readFileSync(new URL('docs/kubernetes.md', top), 'utf8');
const examples = [...page.matchAll(/```yaml\n(apiVersion[\s\S]*?)```/g)].map(([, text = '']) => parse(text));

it('the API server takes the examples of docs/kubernetes.md, and their schedules are right', async () => {
  await using server = await startCluster();
  expect(examples.map(({ kind }) => kind)).toEqual(['TsnPolicy', 'TsnInterface']);
  for (const example of examples) expect(server.put(example).spec).toBeDefined();
  const { spec } = tsnInterface.parse(examples[1]);
  const { schedule } = readSchedule(JSON.stringify(spec.schedule), { file: 'docs/kubernetes.md' });
  const now = { tai: 0n, realtime: 0n, monotonic: 0n };
  const context = { kernel: [6, 12] as const, now, txQueues: 4, maxTxQueues: 4, mtu: 1500 };
  const findings = validate(
    { ...schedule, dev: 'eth1' },
    context as unknown as Parameters<typeof validate>[1],
  );
  expect({ findings: isRefused(findings) ? findings : [] }).toEqual({ findings: [] });
});
