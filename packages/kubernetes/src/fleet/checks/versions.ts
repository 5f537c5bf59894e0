import type { Check, Found } from '@tsnctl/proxy';
import type { FleetFacts } from '../fleet-facts.ts';
import type { FleetNode } from '../fleet-node.ts';
import { listed } from '../listed.ts';

/** An update that has stopped half way; and what works differently on some nodes. */
export const versions: Check<FleetFacts> = {
  name: 'versions',
  asks: 'are all agents of one version, and in one mode',
  run: ({ rows }) => {
    const [byVersion, byMode] = [groups(rows, 'version'), groups(rows, 'mode')];
    const found: Found[] = [];
    if (byVersion.length > 1) {
      const others = byVersion.slice(1).flatMap(([, nodes]) => nodes);
      found.push({
        severity: 'warning',
        message: `agents of ${byVersion.length} versions: ${told(byVersion)}`,
        evidence: `not ${byVersion[0]?.[0]}: ${others.join(', ')}`,
        mend: 'kubectl -n tsnctl rollout status daemonset tsnctl: an update may be under way, or have stopped',
      });
    }
    if (byMode.length > 1) {
      found.push({
        severity: 'hint',
        message: `nodes in both modes: ${told(byMode)}`,
        mend: 'host mode needs kernel 6.11 on each node; a pod gets the same in both (docs/how-it-works.md)',
      });
    }
    const [only] = byVersion;
    if (found.length > 0 || !only) return found;
    return [{ severity: 'ok', message: `all agents are of version ${only[0]}` }];
  },
};

/** The most first. */
function groups(rows: readonly FleetNode[], key: 'version' | 'mode'): [string, string[]][] {
  const said = rows.filter((row) => row[key] !== null && row.health !== 'no-node');
  return [...Map.groupBy(said, (row) => `${row[key]}`)]
    .map(([value, all]): [string, string[]] => [value, all.map(({ node }) => node)])
    .toSorted(([, a], [, b]) => b.length - a.length);
}

function told(all: readonly [string, readonly string[]][]): string {
  const [[most = '', many] = ['', []], ...rest] = all;
  return [`${most} on ${many.length}`, ...rest.map(([value, nodes]) => `${value} on ${listed(nodes)}`)].join(
    '; ',
  );
}
