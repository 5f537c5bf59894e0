// npm run -s bench:dataplane [-- --quick] [-- -o json]
// What the data plane costs, and whether it ever mixes packets up: docs/decisions/2026-11-29-cost-on-a-machine-at-rest.md
import { benchDataplane, dataplaneParts, efforts } from '@tsnctl/lab';
import { Progress } from '../src/render/progress.ts';
import { renderFigures } from './render-figures.ts';
import { requireLab } from './require-lab.ts';
import { runBenchCommand } from './run-bench.ts';

const titles = {
  cost: 'ns per packet in a flood, above an empty program, against the reference',
  parts: 'what the programs are made of, ns each by itself; together they overlap',
  untouched: 'ns per packet that is left alone, by BPF_PROG_TEST_RUN, against the reference',
  flatness: 'ns per packet, all hooks, against one pod (or, of one pod, against one CPU)',
  misattribution: 'packets at the NIC, judged one by one, against the reference',
};

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
    render: ({ figures }, paint) => renderFigures(figures, paint, titles),
  },
);
