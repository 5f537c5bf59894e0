import type { Check, Found } from '@tsnctl/proxy';
import type { FleetFacts } from '../fleet-facts.ts';
import type { FleetNode } from '../fleet-node.ts';
import { counted, listed } from '../listed.ts';

/** What agents say of themselves; the same reason on many nodes is one finding. */
export const ready: Check<FleetFacts> = {
  name: 'ready',
  asks: 'do agents say that all is as wanted',
  run: ({ rows }) => {
    const drifted = byText(
      rows,
      'drift',
      ({ drift }) => drift.map(({ code }) => code).toSorted()[0] ?? '',
    ).map(([code, nodes]): Found => {
      const first = nodes[0]?.drift.find((one) => one.code === code);
      return {
        severity: 'error',
        message: `${counted(nodes.length, 'node is', 'nodes are')} not as wanted (${code}): ${names(nodes)}`,
        evidence: `${nodes[0]?.node}: ${first?.message}; ${first?.cause}`,
        mend: `kubectl tsnctl inspect --node ${nodes[0]?.node}; on the node: tsnctl doctor`,
      };
    });
    const unready = byText(rows, 'not-ready', ({ reason }) => reason).map(
      ([reason, nodes]): Found => ({
        severity: 'error',
        message: `${counted(nodes.length, 'node is', 'nodes are')} not ready: ${names(nodes)}: ${reason}`,
        mend: `on the node: tsnctl doctor; kubectl get tsnnode ${nodes[0]?.node} -o yaml`,
      }),
    );
    const found = [...drifted, ...unready];
    if (found.length > 0) return found;
    const well = rows.filter(({ health }) => health === 'ready').length;
    if (well === 0) return [];
    return [{ severity: 'ok', message: `${counted(well, 'node is', 'nodes are')} ready, and as wanted` }];
  },
};

function byText(
  rows: readonly FleetNode[],
  health: FleetNode['health'],
  key: (row: FleetNode) => string,
): [string, FleetNode[]][] {
  const groups = Map.groupBy(
    rows.filter((row) => row.health === health),
    key,
  );
  return [...groups].toSorted(([, a], [, b]) => b.length - a.length);
}

function names(nodes: readonly FleetNode[]): string {
  return listed(nodes.map(({ node }) => node));
}
