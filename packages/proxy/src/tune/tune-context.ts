import { release } from 'node:os';
import { clockNs, kernelVersion } from '@tsnctl/linux';
import type { Context } from '@tsnctl/schedule';
import type { Nic } from './model.ts';

/** What is known of this node and, where there is one, of an interface. */
export function tuneContext(nic?: Nic, kernel: string = release()): Context {
  const [major = 0, minor = 0] = kernelVersion(kernel);
  return {
    kernel: [major, minor],
    now: { tai: clockNs('tai'), realtime: clockNs('realtime'), monotonic: clockNs('monotonic') },
    ...(nic && {
      txQueues: nic.txQueues,
      maxTxQueues: nic.maxTxQueues,
      channels: nic.channels,
      mtu: nic.mtu,
      linkSpeed: nic.speedBps,
      forwards: nic.uplinkClock !== undefined,
    }),
  };
}
