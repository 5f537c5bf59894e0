import { NIC, POD_SIDE, wire } from '@tsnctl/lab';
import { NetlinkSocket } from '@tsnctl/linux';
import { getGenlFamily, setChannels } from '@tsnctl/netlink';
import { expect } from 'vitest';
import { type ChaosNode, PATIENCE } from './chaos-node.ts';
import type { Faults } from './fault.ts';

const GENERIC = 16; // NETLINK_GENERIC in linux/netlink.h

const has = (node: ChaosNode, hook: string) => expect.poll(() => node.look().hooks, PATIENCE).toContain(hook);

/** What becomes of the interfaces while the agent keeps them. */
export const linkFaults: Faults = {
  'the NIC flaps': {
    do({ stage: { node } }) {
      for (const up of [false, true, false, true]) node.up(NIC, up);
    },
    takes: 'packets',
  },
  "the pod's host side flaps": {
    do({ stage: { node } }) {
      for (const up of [false, true, false, true]) node.up(POD_SIDE, up);
    },
    takes: 'packets',
  },
  'the NIC gets another name for a while': {
    async do(node) {
      node.ip('link', 'set', NIC, 'name', 'nic5');
      await has(node, 'nic5 egress: restorer, observer');
      node.ip('link', 'set', 'nic5', 'name', NIC);
    },
    takes: 'packets',
  },
  'the NIC uses other queues': {
    do({ stage: { node } }) {
      using socket = NetlinkSocket.open({ netns: node.netns, protocol: GENERIC });
      const [family] = socket.request(getGenlFamily({ name: 'ethtool' }));
      for (const tx of [1, 4]) socket.request(setChannels({ family: family?.id ?? 0, name: NIC, tx }));
    },
    takes: 'packets',
  },
  'a NIC is plugged in, and pulled out': {
    async do(node) {
      wire(node.stage.node, 'nic9', node.stage.outside, 'eth9');
      await has(node, 'nic9 egress: restorer');
      node.deleteLink('nic9');
    },
  },
  'a pod comes and goes': {
    async do(node) {
      wire(node.stage.node, 'pod7', node.lab.host('seven'), 'eth0');
      await has(node, 'pod7 ingress: strip');
      node.deleteLink('pod7');
    },
  },
  'the NIC is lent to another namespace': {
    do(node) {
      const { node: host } = node.stage;
      const borrower = node.lab.host('borrower');
      host.move(NIC, borrower, NIC);
      borrower.move(NIC, host, NIC);
      host.address(NIC, ...node.addresses); // a move takes them away
    },
    takes: 'packets',
  },
  '1000 pods come and go': {
    async do(node) {
      const crowd = node.lab.host('crowd');
      for (let at = 0; at < 1_000; at++) {
        wire(node.stage.node, `crowd${at}`, crowd, `eth${at}`);
        if (at >= 20) node.deleteLink(`crowd${at - 20}`);
      }
      for (let at = 980; at < 1_000; at++) node.deleteLink(`crowd${at}`);
    },
    full: true,
  },
};
