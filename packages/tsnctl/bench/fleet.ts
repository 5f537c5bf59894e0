// npm run -s bench:fleet [-- --quick] [-- -o json]
// What the agents of a cluster take of its API server, and what one of them takes of its node.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBundle } from './agent/bundled.ts';
import { fleetEfforts, fleetParts, measureMemory } from './fleet/parts.ts';
import { requireLab } from './require-lab.ts';
import { runBench } from './run-bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'tsnctl-bench-'));
try {
  await runBench({
    name: 'bench:fleet',
    measures: 'what agents take of the API server, against one in this process',
    quickly: 'half a minute, for a first look',
    require: requireLab,
    efforts: fleetEfforts,
    parts: [
      ...fleetParts,
      {
        title: 'memory of an agent in a cluster, bundled',
        run: async (effort) => measureMemory(await buildBundle(join(folder, 'bundle')), effort),
      },
    ],
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
