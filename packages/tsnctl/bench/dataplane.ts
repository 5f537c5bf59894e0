// npm run -s bench:dataplane [-- --quick] [-- -o json]
// What the data plane costs, and whether it ever mixes packets up: docs/decisions/2026-11-29-cost-on-a-machine-at-rest.md
import { benchDataplane, dataplaneParts, efforts } from '@tsnctl/lab';
import { renderBench } from '../src/render/bench.ts';
import { Progress } from '../src/render/progress.ts';
import { requireLab } from './require-lab.ts';
import { runBenchCommand } from './run-bench.ts';

await runBenchCommand(
  {
    name: 'bench:dataplane',
    measures: 'the data plane beside the reference design, in a lab of namespaces',
    quickly: 'less than a minute, for a first look',
    require: requireLab,
  },
  {
    measure(quick, signal) {
      const progress = new Progress(process.stderr, dataplaneParts.length);
      const effort = efforts[quick ? 'quick' : 'full'];
      return benchDataplane({ effort, signal, onPart: (title) => progress.next(title) }).finally(() =>
        progress.clear(),
      );
    },
    render: renderBench,
  },
);
