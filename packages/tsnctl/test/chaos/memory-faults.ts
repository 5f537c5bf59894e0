import { setTimeout } from 'node:timers/promises';
import { wire } from '@tsnctl/lab';
import { expect } from 'vitest';
import { type ChaosNode, PATIENCE } from './chaos-node.ts';
import type { Faults } from './fault.ts';
import { limitOf } from './limit-of.ts';
import { MemoryGroup } from './memory-group.ts';
import { pinFaults } from './pin-faults.ts';

/** Memory that the agent does not get. Whoever runs an agent that ended starts it again. */
export const memoryFaults: Faults = {
  'the agent is killed for its memory': {
    needs: () =>
      MemoryGroup.canBeMade() ? undefined : 'needs the right to make a control group with a memory limit',
    async do(node) {
      const group = MemoryGroup.create(node.lab.name);
      group.add(node.agent.pid);
      group.limit(1 << 12); // one page: whatever it does next
      await pinFaults['the saver is detached']?.do(node);
      await busyUntil(node, () => !node.agent.isRunning);
      return () => group[Symbol.dispose]();
    },
    mayEnd: true,
  },
  'the agent gets no more memory': {
    do: (node) => withoutMemory(node, 'the saver is detached'),
    mayEnd: true,
  },
  'the agent gets no memory for its tables': {
    do: (node) => withoutMemory(node, 'the tables are removed'),
    mayEnd: true,
    takes: 'restorer',
  },
  // Since 5.11 the kernel counts maps as the memory of their control group, and no more as locked memory.
  'the agent may lock no memory': {
    async do(node) {
      const giveBack = limitOf(node.agent.pid, 'memlock', 0);
      await pinFaults['the tables are removed']?.do(node);
      await expect.poll(() => node.look(), PATIENCE).toEqual(node.well);
      giveBack();
    },
    takes: 'restorer',
  },
};

/** Something to mend, and no memory to be had: it says so, or it ends. */
async function withoutMemory(node: ChaosNode, fault: string): Promise<() => void> {
  const giveBack = limitOf(node.agent.pid, 'as', 1);
  let said = '';
  await pinFaults[fault]?.do(node);
  await busyUntil(node, () => {
    said += node.says();
    return !node.agent.isRunning || /not enough memory|out of memory/i.test(said);
  });
  return giveBack;
}

/** A pod comes and goes, until it comes to that. */
async function busyUntil(node: ChaosNode, until: () => boolean): Promise<void> {
  const name = `busy${hosts++}`; // what is said of a name is said once
  const host = node.lab.host(name);
  const begin = performance.now();
  while (!until() && performance.now() - begin < PATIENCE.timeout) {
    wire(node.stage.node, name, host, 'eth0');
    await setTimeout(PATIENCE.interval);
    node.deleteLink(name);
  }
  expect(until(), node.agent.log.slice(-12).join('\n')).toBe(true);
}

let hosts = 0;
