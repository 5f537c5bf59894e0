import { expect } from 'vitest';
import { type ChaosNode, EVERYTHING } from './chaos-node.ts';
import type { Fault, Faults } from './fault.ts';

/** What the disk of the agent's records, and of the runtime's lists, does while the agent runs. */
const DISKS: Readonly<Record<string, { begin: (node: ChaosNode) => () => void; says: RegExp }>> = {
  'the disk is full': { begin: ({ disk }) => disk.fill(), says: /no space left/i },
  'the disk is read-only': { begin: ({ disk }) => disk.makeReadOnly(), says: /read-only file system/i },
};

export const diskFaults: Faults = Object.fromEntries(
  Object.entries(DISKS).flatMap(([name, { begin, says }]): [string, Fault][] => [
    [
      `${name}, and the runtime makes a pod`,
      {
        async do(node) {
          const end = begin(node);
          const { code, reply } = await node.agent.call('ADD', {
            container: 'other',
            annotations: EVERYTHING,
          });
          expect({ code, said: `${reply?.msg} ${reply?.details}` }).toEqual({
            code: 1,
            said: expect.stringMatching(says),
          });
          return end;
        },
      },
    ],
    [
      `the primary writes its list, and ${name}`,
      {
        do(node) {
          process.kill(node.agent.pid, 'SIGSTOP'); // it would be the faster one
          try {
            node.writeLists();
            return begin(node);
          } finally {
            process.kill(node.agent.pid, 'SIGCONT');
          }
        },
        says,
      },
    ],
    [
      `${name}, and the agent is killed and started again`,
      {
        async do(node) {
          await node.agent.stop('SIGKILL');
          const end = begin(node);
          // It needs no room where nothing has changed; where nothing can be written, it says so and ends.
          const started = await node.startAgent().then(
            () => 'started',
            (error: Error) => error.message,
          );
          expect(started).toMatch(new RegExp(`^started$|${says.source}`, 'i'));
          end();
          if (started === 'started') return;
          await node.agent.stop('SIGKILL');
          await node.startAgent();
        },
      },
    ],
  ]),
);
