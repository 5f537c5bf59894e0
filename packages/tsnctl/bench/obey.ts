// npm run -s vm -- 6.12 -- npm run -s bench:obey [-- --quick] [-- -o json]
// When fq and etf let a packet of a pod go, beside one of the node itself, through the same qdisc at the same time.
import { TsnctlError } from '@tsnctl/codec';
import { CONVERTED, RELEASES } from '../../lab/test/release.ts';
import { seen } from '../../proxy/src/doctor/fact.ts';
import { readKernel } from '../../proxy/src/doctor/read/kernel.ts';
import { releasePart } from './obey/release.ts';
import { requireLab } from './require-lab.ts';
import { runBench } from './run-bench.ts';

await runBench({
  name: 'bench:obey',
  measures: "how much later than an application's on the node a pod's packets leave fq and etf",
  quickly: 'only where the clock is converted, and few packets',
  require() {
    requireLab();
    const modules = seen(readKernel().qdiscModules) ?? {}; // not seen: then the kernel itself says so
    const missing = ['fq', 'etf', 'mqprio'].filter((kind) => modules[kind] === 'missing');
    if (missing.length === 0) return;
    throw new TsnctlError('NO_QDISC', `this kernel has no ${missing.join(', no ')}`, {
      hint: 'in a virtual machine: npm run -s vm -- 6.12 -- npm run -s bench:obey',
    });
  },
  efforts: { full: { releases: RELEASES, packets: 5200 }, quick: { releases: CONVERTED, packets: 500 } },
  parts: [releasePart],
});
