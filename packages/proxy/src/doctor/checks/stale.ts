import type { Check } from '../check.ts';
import { seen } from '../fact.ts';

export const stale: Check = {
  name: 'stale',
  asks: 'are there pins whose interface is gone',
  mayPass: true,
  run: ({ proxy }) => {
    const pins = seen(proxy)?.stale ?? [];
    if (pins.length === 0) return [];
    return [
      {
        severity: 'hint',
        message: `${pins.length} pins of interfaces that are gone`,
        evidence: pins.slice(0, 4).join(', '),
        mend: 'start tsnctl agent, or any tsnctl attach: both remove them',
      },
    ];
  },
};
