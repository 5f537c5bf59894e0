import { compared, type Pair } from '@tsnctl/lab';
import { TSN } from '../../test/containerd/networks.ts';
import { ContainerdStage } from '../../test/containerd/stage.ts';
import type { Part } from './part.ts';

/** RunPodSandbox of containerd, with our plugin at the end of the list and without. */
export const runPodPart: Part = {
  title: 'RunPodSandbox with our plugin chained, and without',
  async run({ pods }, signal) {
    await using stage = await ContainerdStage.create();
    await stage.startAgent();
    const time = async (chained: boolean) => {
      signal.throwIfAborted();
      await stage.use(['bridge', 'portmap'], chained ? undefined : false);
      const start = performance.now();
      const pod = await stage.cri.runPod({ name: 'bench', annotations: TSN });
      const took = performance.now() - start;
      await stage.cri.endPod(pod);
      return took;
    };
    await time(true); // the first one makes the bridge
    const pairs: Pair[] = [];
    for (let round = 0; round < pods; round++) {
      const first = await time(round % 2 === 0);
      const second = await time(round % 2 !== 0);
      pairs.push(round % 2 === 0 ? { value: first, against: second } : { value: second, against: first });
    }
    return [compared('run-pod', 'ms', pairs, 1.1)];
  },
};
