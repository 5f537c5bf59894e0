import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

/** Without the agent everything stays as it is: pods that come meanwhile are guarded by nobody. */
export const agent: Check = {
  name: 'agent',
  asks: 'does the agent answer',
  run: ({ agent: fact, chain, proxy, places: { socket } }) => {
    if ('unseen' in fact) return [{ severity: 'unseen', message: `the agent's socket: ${fact.unseen}` }];
    if (fact.seen === 'answers') return [{ severity: 'ok', message: 'the agent answers' }];
    const inUse = (seen(proxy)?.uplinks.length ?? 0) > 0;
    const chained = seen(chain)?.view.place ?? 'missing';
    if (!inUse && chained === 'missing') return [];
    const rest =
      chained === 'missing'
        ? 'a pod that starts now is guarded by nobody'
        : 'pods that ask for TSN cannot start, and others start without a guard, unless the entry says onAgentDown';
    return [
      {
        severity: inUse ? 'error' : 'warning',
        message: `no agent answers: ${rest}`,
        evidence: fact.seen === 'absent' ? `there is no ${socket}` : `${socket} is there, nobody listens`,
        mend: 'systemctl start tsnctl-agent, or tsnctl agent; what an unguarded pod can do: docs/security.md',
      },
    ];
  },
};
