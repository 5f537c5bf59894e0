import type { Check, Found } from '@tsnctl/proxy';
import { policyConditions } from '../../policy/policy-conditions.ts';
import { selects } from '../../policy/selects.ts';
import type { FleetFacts } from '../fleet-facts.ts';
import { counted } from '../listed.ts';

/** A policy that grants to nobody is a label that is spelled wrong; two that disagree grant less than they say. */
export const policies: Check<FleetFacts> = {
  name: 'policies',
  asks: 'does each TsnPolicy grant to somebody, and do they agree',
  run: ({ policies: all, namespaces, rows, isWhole }) => {
    const users = new Set(rows.flatMap(({ pods }) => pods.flatMap((pod) => pod.policies)));
    const conditions = policyConditions(all);
    const found = all.flatMap(({ metadata: { name }, spec }): Found[] => {
      const about = { subject: name };
      const overlap = conditions
        .get(name)
        ?.find(({ type, status }) => type === 'Overlaps' && status === 'True');
      const isIdle = isWhole && !users.has(name);
      const hasNamespace = namespaces.some(({ metadata }) =>
        selects(spec.namespaceSelector, metadata.labels),
      );
      return [
        ...(isIdle && !hasNamespace
          ? [
              {
                ...about,
                severity: 'warning' as const,
                message: `TsnPolicy ${name} grants to nobody: no namespace has the labels that it asks for`,
                evidence: `namespaceSelector ${JSON.stringify(spec.namespaceSelector)}`,
                mend: 'kubectl get namespaces --show-labels; by name: matchLabels kubernetes.io/metadata.name',
              },
            ]
          : isIdle
            ? [
                {
                  ...about,
                  severity: 'hint' as const,
                  message: `TsnPolicy ${name} grants to nobody: no pod that it selects asks`,
                  evidence: 'no agent tells of a pod that it grants something',
                  mend: 'a pod asks by the annotation tsnctl.dev/priorities',
                },
              ]
            : []),
        ...(overlap
          ? [
              {
                ...about,
                severity: 'warning' as const,
                message: `TsnPolicy ${name} disagrees with another one: ${overlap.message}`,
                mend: 'let one of them say what holds, or let their selectors exclude each other',
              },
            ]
          : []),
      ];
    });
    if (found.length > 0 || all.length === 0) return found;
    const said = counted(all.length, 'TsnPolicy grants', 'TsnPolicies grant');
    return [{ severity: 'ok', message: `${said} what ${all.length === 1 ? 'it says' : 'they say'}` }];
  },
};
