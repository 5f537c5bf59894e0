import { TsnctlError } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { BARE, BUSY, device, gated, POLICY, TWO_QUEUES, TWO_UPLINKS } from '../test/intent-nodes.ts';
import { attachPod, attachUplink, detachPod, detachUplink } from './intent.ts';
import type { Intent } from './metadata-proxy.ts';
import type { Observed } from './model.ts';

describe('an intent is refused', () => {
  const many: Observed = {
    ...BARE,
    interfaces: Array.from({ length: 200 }, (_, at) => device(at + 1, `veth${at}`)),
  };
  const STACKED_QUEUE: Observed = {
    ...BUSY,
    interfaces: BUSY.interfaces.map((link) => (link.name === 'bond0' ? { ...link, qdiscs: ['fq'] } : link)),
    attachments: [...BUSY.attachments, { ifindex: 5, role: 'restorer', via: 'tcx', first: true }],
    uplinks: [...BUSY.uplinks, { ifindex: 5, clock: 'none', stacked: true }],
  };
  const known = 'one of lo, nic0, nic1, nic2, bond0, podA, podB; or another namespace: --netns NAME';

  it.each<[string, Intent, Observed, string, string, string]>([
    [
      'an interface that is not there',
      attachUplink('eth9'),
      BARE,
      'NO_INTERFACE',
      'there is no interface eth9 in this namespace',
      known,
    ],
    [
      'one of many',
      attachUplink('eth9'),
      many,
      'NO_INTERFACE',
      'there is no interface eth9 in this namespace',
      'one of veth0, veth1, veth2, veth3, veth4, veth5, veth6, veth7 and 192 more; or another namespace: --netns NAME',
    ],
    [
      'a pod that is not there',
      detachPod('eth9'),
      BUSY,
      'NO_INTERFACE',
      'there is no interface eth9 in this namespace',
      known,
    ],
    [
      'qdiscs of two clocks',
      attachUplink('nic2'),
      BARE,
      'TWO_CLOCKS',
      'nic2 has qdiscs of two clocks: mqprio, etf, fq',
      '--clock tai or --clock mono, whichever its launch times are for',
    ],
    [
      'an uplink on a pod',
      attachUplink('podA'),
      BUSY,
      'ROLE_TAKEN',
      'podA is attached as pod already',
      'tsnctl detach pod podA first',
    ],
    [
      'a pod on an uplink',
      attachPod('nic0', POLICY),
      BUSY,
      'ROLE_TAKEN',
      'nic0 is attached as uplink already',
      'tsnctl detach uplink nic0 first',
    ],
    [
      'a pod that is none',
      attachPod('lo', POLICY),
      BUSY,
      'NOT_A_POD',
      "lo is not the host side of a pod's interface",
      'a veth or netkit device whose peer lies in another namespace; ip -d link lists them',
    ],
    [
      'a pod before an uplink',
      attachPod('podA', POLICY),
      BARE,
      'NO_UPLINK',
      'nothing restores what podA would save: no uplink is attached here',
      "tsnctl attach uplink IF first, for the interface by which packets leave the node; --netns is the node's, not the pod's; --without-uplink is for tests",
    ],
    [
      'an uplink that is not attached',
      detachUplink('nic1'),
      BUSY,
      'NOT_ATTACHED',
      'nic1 is not attached as uplink',
      'one that is: nic0',
    ],
    [
      'a pod that is only stripped',
      detachPod('podB'),
      BUSY,
      'NOT_ATTACHED',
      'podB is not attached as pod',
      'one that is: podA',
    ],
    [
      'an uplink where none is',
      detachUplink('nic1'),
      BARE,
      'NOT_ATTACHED',
      'nic1 is not attached, and no uplink is in this namespace',
      '--netns NAME, if it is attached in another namespace',
    ],
    [
      'a pod, while an interface would drop what it sends there',
      attachPod('podB', POLICY),
      TWO_QUEUES,
      'UNRESTORED',
      'nic1 has fq, and no restorer: what podB sends there would be dropped',
      'tsnctl attach uplink nic1 first; or another qdisc: tc qdisc replace dev nic1 root pfifo; or --without-uplink, if no pod sends there',
    ],
    [
      'a pod, while a stacked uplink would drop what it sends there',
      attachPod('podB', POLICY),
      STACKED_QUEUE,
      'UNRESTORED',
      'bond0 has fq, and its restorer leaves the word in, for the device below: what podB sends there would be dropped',
      'another qdisc: tc qdisc replace dev bond0 root pfifo; or --without-uplink, if no pod sends there',
    ],
    [
      'filters on an uplink that a clsact qdisc would stop',
      attachUplink('nic1', undefined, { via: 'clsact' }),
      gated('taprio', 'etf'),
      'STOPS_QDISC',
      'nic1 has taprio, which on many kernels sends nothing any more once a clsact qdisc has come to its interface',
      'tc qdisc add dev nic1 clsact, and the same taprio again by tc qdisc replace; or --hook tcx, which needs kernel 6.6',
    ],
    [
      'the same, where a pod moves all to filters',
      attachPod('podB', POLICY, { via: 'clsact' }),
      { ...TWO_UPLINKS, interfaces: gated('taprio').interfaces },
      'STOPS_QDISC',
      'nic1 has taprio, which on many kernels sends nothing any more once a clsact qdisc has come to its interface',
      'tc qdisc add dev nic1 clsact, and the same taprio again by tc qdisc replace; or --hook tcx, which needs kernel 6.6',
    ],
    [
      'an uplink less, which would drop what a pod sends there',
      detachUplink('nic1'),
      TWO_UPLINKS,
      'UNRESTORED',
      'nic1 has fq: without a restorer, what podA sends there would be dropped',
      'tsnctl detach pod podA first; or another qdisc: tc qdisc replace dev nic1 root pfifo',
    ],
    [
      'the last uplink',
      detachUplink('nic0'),
      BUSY,
      'PODS_ATTACHED',
      'nic0 is the last uplink, and pods are still attached: podA',
      'tsnctl detach pod podA first; or everything at once: tsnctl detach all',
    ],
  ])('%s', (_, intent, observed, code, message, hint) => {
    const refusal = refused(() => intent(observed));
    expect({ code: refusal.code, message: refusal.message, hint: refusal.hint }).toEqual({
      code,
      message,
      hint,
    });
  });
});

function refused(action: () => unknown): TsnctlError {
  try {
    action();
  } catch (error) {
    if (error instanceof TsnctlError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
