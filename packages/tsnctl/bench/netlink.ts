// npm run -s bench:netlink [-- --quick] [-- -o json]
// What it takes to read the kernel's answers, beside ip -j and tc -j; and to write and check a schedule.
import { requireKernel, requireRoot } from '@tsnctl/proxy';
import { linksPart, qdiscsPart } from './netlink/decode.ts';
import { efforts } from './netlink/part.ts';
import { encodePart, validatePart } from './netlink/schedules.ts';
import { runBench } from './run-bench.ts';

await runBench({
  name: 'bench:netlink',
  measures: 'netlink in TypeScript beside ip and tc, in namespaces of its own',
  quickly: 'a few seconds, for a first look',
  require() {
    requireKernel();
    requireRoot();
  },
  efforts,
  parts: [encodePart, validatePart, linksPart, qdiscsPart],
});
