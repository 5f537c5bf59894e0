// npm run -s bench:agent [-- --quick] [-- -o json]
// What the resident agent takes: time to attach to a new pod, to start, and what it costs to have it there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBundle } from './agent/bundled.ts';
import { agentEfforts, agentParts } from './agent/parts.ts';
import { requireLab } from './require-lab.ts';
import { runBench } from './run-bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'tsnctl-bench-'));
let agent = '';
try {
  await runBench({
    name: 'bench:agent',
    measures: 'the resident agent, bundled as it is installed, in labs of namespaces',
    quickly: 'half a minute, for a first look',
    require: requireLab,
    efforts: agentEfforts,
    parts: [
      {
        title: 'bundle',
        async run() {
          agent = await buildBundle(join(folder, 'bundle'));
          return [];
        },
      },
      ...agentParts.map(({ title, run }) => ({
        title,
        run: (effort: (typeof agentEfforts)['full'], signal: AbortSignal) => run(agent, effort, signal),
      })),
    ],
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
