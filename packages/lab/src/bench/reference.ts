import type { Hook } from './meter.ts';
import { openBench } from './objects.ts';

const TCX_NEXT = -1; // linux/bpf.h
const TC_ACT_OK = 0; // linux/pkt_cls.h

/**
 * The reference design: its saver where packets leave a pod, its restorer where they leave the node. By default
 * its programs end the hook's chain, as the design says; `observed` lets those behind see the packets.
 */
export class Reference implements Disposable {
  readonly #resources = new DisposableStack();

  constructor(pods: readonly Hook[], uplink: Hook, { observed = false } = {}) {
    using object = openBench('reference')
      .setConstants({ verdict: observed ? TCX_NEXT : TC_ACT_OK })
      .load();
    using saver = object.program('ref_saver');
    using restorer = object.program('ref_restorer');
    for (const [program, hooks] of [
      [saver, pods],
      [restorer, [uplink]],
    ] as const) {
      for (const { host, device, direction } of hooks) {
        const ifindex = host.index(device);
        this.#resources.use(program.attachTcx({ ifindex, direction, position: 'first', netns: host.netns }));
      }
    }
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
