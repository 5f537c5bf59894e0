// npm run -s bench:cni [-- --quick] [-- -o json]
// What our CNI plugin costs, beside plugins in Go and within the start of a pod.
import { addParts } from './cni/add.ts';
import { addChainParts } from './cni/add-chain.ts';
import { efforts } from './cni/part.ts';
import { runPodPart } from './cni/run-pod.ts';
import { stepsPart } from './cni/steps.ts';
import { versionPart } from './cni/version.ts';
import { requireLab } from './require-lab.ts';
import { runBench } from './run-bench.ts';

await runBench({
  name: 'bench:cni',
  measures: 'the CNI plugin beside plugins in Go, in labs of namespaces and in containerd',
  quickly: 'half a minute, for a first look',
  require: requireLab,
  efforts,
  parts: [versionPart, ...addParts, ...addChainParts, stepsPart, runPodPart],
});
