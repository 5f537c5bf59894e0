import type { Check } from '../check.ts';
import { seen } from '../fact.ts';
import type { Found } from '../finding.ts';

/** A bond's restorer leaves the word for the member that sends, which needs a restorer of its own. */
export const bond: Check = {
  name: 'bond',
  asks: 'does each member of a bond restore',
  run: ({ links, proxy }) => {
    const attached = new Set(seen(proxy)?.uplinks.map(({ ifindex }) => ifindex));
    const all = seen(links) ?? [];
    return all
      .filter(({ kind, index }) => (kind === 'bond' || kind === 'team') && attached.has(index))
      .flatMap((aggregate): Found[] => {
        const open = all.filter(({ master, index }) => master === aggregate.index && !attached.has(index));
        return open.map(({ name }) => ({
          severity: 'error',
          subject: name,
          message: `${name} sends for ${aggregate.name} and restores nothing: launch times are lost there, and with fq or etf the packets`,
          evidence: `ip link show master ${aggregate.name}`,
          mend: `tsnctl attach uplink ${name}`,
        }));
      });
  },
};
