import type { Check, Found } from '@tsnctl/proxy';
import type { FleetFacts } from '../fleet-facts.ts';
import type { Health } from '../fleet-node.ts';
import { counted, listed } from '../listed.ts';

/** A pod that starts on a node without an agent is guarded by nobody, and gets nothing that it asks for. */
export const agents: Check<FleetFacts> = {
  name: 'agents',
  asks: 'has each node an agent that speaks',
  run: ({ rows }) => {
    const nodes = (health: Health) => rows.filter((row) => row.health === health).map(({ node }) => node);
    const [absent, silent, orphans] = [nodes('no-agent'), nodes('silent'), nodes('no-node')];
    const found: Found[] = [];
    if (absent.length > 0) {
      found.push({
        severity: 'error',
        message: `${counted(absent.length, 'node has', 'nodes have')} no agent: ${listed(absent)}`,
        evidence: absent.join(', '),
        mend: `kubectl -n tsnctl get pods -o wide --field-selector spec.nodeName=${absent[0]}; is there no pod, kubectl -n tsnctl describe daemonset tsnctl says why`,
      });
    }
    if (silent.length > 0) {
      found.push({
        severity: 'error',
        message: `${counted(silent.length, 'agent has', 'agents have')} said nothing for more than 15 minutes: ${listed(silent)}`,
        evidence: rows
          .filter(({ health }) => health === 'silent')
          .map(({ node, observedAt }) => `${node}: ${observedAt}`)
          .join(', '),
        mend: `kubectl get node ${silent[0]}; kubectl -n tsnctl logs --tail 20 POD of that node. What is attached there stays attached`,
      });
    }
    if (orphans.length > 0) {
      found.push({
        severity: 'hint',
        message: `${counted(orphans.length, 'TsnNodeState is', 'TsnNodeStates are')} of nodes that are gone: ${listed(orphans)}`,
        mend: `kubectl delete tsnnode ${listed(orphans)
          .replaceAll(',', '')
          .replace(/ and .*/, '')}`,
      });
    }
    if (found.length > 0) return found;
    return [
      { severity: 'ok', message: `${counted(rows.length, 'node has', 'nodes have')} an agent that speaks` },
    ];
  },
};
