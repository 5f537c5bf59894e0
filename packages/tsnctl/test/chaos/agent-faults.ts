import { join } from 'node:path';
import { NIC, wire } from '@tsnctl/lab';
import { expect } from 'vitest';
import type { ChaosNode } from './chaos-node.ts';
import type { Faults } from './fault.ts';
import { limitOf } from './limit-of.ts';
import { pinFaults } from './pin-faults.ts';

/** What becomes of the agent itself. */
export const agentFaults: Faults = {
  'a second agent is started': {
    async do({ agent }) {
      const { code, stderr } = await agent.another();
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining(`another agent keeps its records in ${agent.state}`),
      });
    },
  },
  'a second agent is started, with files of its own': {
    async do({ agent, lab }) {
      const own = join(lab.directory, 'second');
      const { code, stderr } = await agent.another(
        ...['--state', own, '--socket', join(own, 'agent.sock'), '--uplink', `${NIC}=mono`],
      );
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(
          new RegExp(`another agent keeps this network namespace .*: process ${agent.pid}\\.`),
        ),
      });
    },
  },
  'the agent is killed, and started again': {
    async do(node) {
      await node.agent.stop('SIGKILL');
      await node.startAgent();
    },
  },
  'the agent is killed, and pods come meanwhile': {
    async do(node) {
      await node.agent.stop('SIGKILL');
      wire(node.stage.node, 'pod8', node.lab.host('eight'), 'eth0');
      await node.startAgent();
      expect(node.look().hooks).toContain('pod8 ingress: strip');
      node.deleteLink('pod8');
    },
  },
  'more happens than the agent hears of': {
    async do(node) {
      const { node: host } = node.stage;
      wire(host, 'pod6', node.lab.host('six'), 'eth0');
      process.kill(node.agent.pid, 'SIGSTOP');
      try {
        for (let change = 0; change < 6_000; change++) host.setMtu('pod6', change % 2 === 0 ? 1_400 : 1_500);
        node.deleteLink('pod6');
      } finally {
        process.kill(node.agent.pid, 'SIGCONT');
      }
    },
    says: /more has happened than was heard of: looking at everything/,
  },
  'the agent has no more descriptors': {
    do: (node) => limited(node, 'nofile', node.descriptors + 1),
    says: /EMFILE|too many open files/i,
  },
};

/** A limit that the agent meets while it has work to do. */
async function limited(node: ChaosNode, limit: 'nofile', value: number): Promise<() => void> {
  const giveBack = limitOf(node.agent.pid, limit, value);
  await pinFaults['the saver is detached']?.do(node);
  return giveBack;
}
