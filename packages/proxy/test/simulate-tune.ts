import { type Qdisc, TC_H_ROOT } from '@tsnctl/netlink';
import type { Nic, TuneStep } from '../src/tune/model.ts';

/** The kernel and the driver, as far as a plan is concerned. */
export function afterTune(nic: Nic, steps: readonly TuneStep[]): Nic {
  return steps.reduce(after, nic);
}

const defaultRoot = (ifindex: number): Qdisc => ({
  index: ifindex,
  handle: 0,
  parent: TC_H_ROOT,
  kind: 'noqueue',
  offloaded: false,
});

function after(nic: Nic, step: TuneStep): Nic {
  switch (step.do) {
    case 'set-channels': {
      const current = { ...nic.channels?.current, ...step.counts };
      const txQueues = (current.tx ?? 0) + (current.combined ?? 0);
      return { ...nic, txQueues, channels: { maximum: nic.channels?.maximum ?? {}, current } };
    }
    case 'delete-root':
      return { ...nic, qdiscs: [defaultRoot(nic.ifindex)] };
    case 'put-qdisc': {
      const { qdisc, inPlace } = step;
      const made: Qdisc = {
        index: nic.ifindex,
        offloaded: false,
        ...qdisc,
        handle: qdisc.handle ?? 0x8001_0000,
      } as Qdisc;
      const isThere = nic.qdiscs.find(({ handle }) => handle !== 0 && handle === made.handle);
      if (inPlace !== (isThere !== undefined)) throw new Error(`${made.handle} is taken, or missing`);
      if (made.parent !== TC_H_ROOT && !nic.qdiscs.some(({ handle }) => handle >>> 16 === made.parent >>> 16))
        throw new Error('nothing is there to stand below');
      const others = nic.qdiscs.filter(({ parent }) => parent !== made.parent);
      const kept = made.parent === TC_H_ROOT && !inPlace ? [] : others;
      return { ...nic, qdiscs: made.parent === TC_H_ROOT ? [made, ...kept] : [...kept, made] };
    }
    case 'set-uplink-clock':
      return { ...nic, uplinkClock: step.clock };
  }
}

export function bareNic(parts: Partial<Nic> = {}): Nic {
  return {
    ifindex: 7,
    name: 'eth1',
    mtu: 1500,
    up: true,
    txQueues: 4,
    maxTxQueues: 8,
    channels: { maximum: { combined: 8 }, current: { combined: 4 } },
    qdiscs: [defaultRoot(7)],
    ...parts,
  };
}
