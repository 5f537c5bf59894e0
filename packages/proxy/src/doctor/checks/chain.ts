import type { Check } from '../check.ts';
import type { Found } from '../finding.ts';

const severities = { error: 'error', warning: 'warning', info: 'hint' } as const;

/** Where our plugin is in the runtime's chain, and what is amiss there. */
export const chain: Check = {
  name: 'chain',
  asks: 'is our plugin in the chain of the container runtime, at the end',
  mayPass: true,
  run: ({ chain: fact, proxy }) => {
    if ('unseen' in fact) return [{ severity: 'unseen', message: `the CNI chain: ${fact.unseen}` }];
    const { directory, view } = fact.seen;
    const evidence = view.file === undefined ? directory : `${directory}/${view.file}`;
    const inUse = 'seen' in proxy && proxy.seen.uplinks.length > 0;
    const found: Found[] = view.findings
      .filter(({ code }) => inUse || code !== 'NO_NETWORK')
      .map(({ severity, message, hint }) => ({
        severity: severities[severity],
        message,
        evidence,
        ...(hint !== undefined && { mend: hint }),
      }));
    if (view.list === undefined) return found;
    if (view.place === 'missing') {
      found.push({
        severity: 'hint',
        subject: view.list.name,
        message: `our plugin is not in the chain of ${view.list.name}: a pod can start before its interface is guarded`,
        evidence,
        mend: 'tsnctl cni install; or nothing, where the agent follows interfaces and that is strict enough',
      });
    } else if (view.place === 'last') {
      found.push({ severity: 'ok', message: `our plugin is the last of ${view.list.name}`, evidence });
    }
    return found;
  },
};
