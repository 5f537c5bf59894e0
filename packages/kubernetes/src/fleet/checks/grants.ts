import type { Check, Found } from '@tsnctl/proxy';
import type { FleetFacts } from '../fleet-facts.ts';
import { counted, listed } from '../listed.ts';

/** A pod that asks in vain sends priority 0, and whoever has deployed it may not know. */
export const grants: Check<FleetFacts> = {
  name: 'grants',
  asks: 'do pods get what they ask for',
  run: ({ rows }) => {
    const pods = rows.flatMap((row) => row.pods.map((pod) => ({ ...pod, node: row.node })));
    const denied = pods.filter(({ withheld = [] }) => withheld.length > 0);
    const groups = Map.groupBy(denied, ({ namespace, policies, withheld = [] }) =>
      JSON.stringify([namespace, policies, withheld]),
    );
    const found = [...groups.values()].map((all): Found => {
      const [first] = all;
      const { namespace = '', policies = [], withheld = [] } = first ?? {};
      const why =
        policies.length === 0
          ? 'no TsnPolicy selects them'
          : `TsnPolicy ${policies.join(', ')} does not grant it`;
      return {
        severity: 'warning',
        subject: namespace,
        message: `${counted(all.length, 'pod', 'pods')} in ${namespace} (${listed(all.map(({ name }) => name))}) did not get ${withheld.join(', ')}: ${why}`,
        evidence: all.map(({ name, node }) => `${name} on ${node}`).join(', '),
        mend: 'a TsnPolicy that grants it, or an annotation that asks for less; kubectl describe pod tells why, too',
      };
    });
    if (found.length > 0 || pods.length === 0) return found;
    return [{ severity: 'ok', message: `${counted(pods.length, 'pod gets', 'pods get')} what is asked for` }];
  },
};
