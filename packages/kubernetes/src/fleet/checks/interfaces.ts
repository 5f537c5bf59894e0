import type { Check, Found } from '@tsnctl/proxy';
import type { Condition } from '../../crd/fields.ts';
import { selects } from '../../policy/selects.ts';
import type { FleetFacts } from '../fleet-facts.ts';
import { counted, listed } from '../listed.ts';

/** A TsnInterface that means nothing, or means too much, changes nothing: pods there have no uplink. */
export const interfaces: Check<FleetFacts> = {
  name: 'interfaces',
  asks: 'has each TsnInterface found its interface on each of its nodes',
  run: ({ interfaces: wanted, nodes, rows, isWhole }) => {
    const idle = wanted.filter(
      ({ spec }) => !nodes.some(({ metadata }) => selects(spec.nodeSelector, metadata.labels)),
    );
    const found: Found[] = isWhole
      ? idle.map(({ metadata: { name }, spec }) => ({
          severity: 'warning',
          subject: name,
          message: `TsnInterface ${name} is about no node: none has the labels that it asks for`,
          evidence: `nodeSelector ${JSON.stringify(spec.nodeSelector)}`,
          mend: 'kubectl get nodes --show-labels; kubectl label node NAME KEY=VALUE',
        }))
      : [];
    const refused = rows.flatMap(({ node, interfaces: claims }) =>
      claims.flatMap((claim) => {
        const condition = claim.conditions?.find(({ status }) => status === 'False');
        return condition ? [{ node, claim, condition }] : [];
      }),
    );
    const groups = Map.groupBy(refused, ({ claim, condition }) => `${claim.name}/${condition.reason}`);
    for (const all of groups.values()) found.push(...refusal(all));
    if (found.length > 0 || wanted.length === 0) return found;
    const said = counted(
      wanted.length,
      'TsnInterface is in force where it',
      'TsnInterfaces are in force where they',
    );
    return [{ severity: 'ok', message: `${said} should be` }];
  },
};

interface Refused {
  readonly node: string;
  readonly claim: { readonly name: string };
  readonly condition: Condition;
}

/** One finding for the same reason on several nodes. */
function refusal(all: readonly Refused[]): Found[] {
  const [first] = all;
  if (!first) return [];
  const { node, claim, condition } = first;
  const { type, reason, message } = condition;
  const where = `${counted(all.length, 'node', 'nodes')} (${listed(all.map((one) => one.node))})`;
  return [
    {
      severity: 'error',
      subject: claim.name,
      message: `TsnInterface ${claim.name} is not in force on ${where}: ${message}`,
      evidence: `${node}: ${type} is False, ${reason}`,
      mend: `kubectl edit tsnif ${claim.name}; the interface keeps what it had`,
    },
  ];
}
